import { expect, test } from 'vitest'
import { callbackUrlFault, clientMetadataUrlFault } from '../../src/config/sign-in-options.ts'

test.each([
  'https://apps.example.com/copilot-host.json',
  'https://apps.example.com:8443/a/',
  'https://[2001:db8::1]/a',
])('the document %s is one', url => expect(clientMetadataUrlFault(url)).toBeUndefined())

test.each([
  ['', /empty/],
  ['copilot-host.json', /not a valid address/],
  ['http://apps.example.com/a.json', /https/],
  ['http://127.0.0.1/a.json', /https/],
  ['file:///a.json', /https/],
  ['https://apps.example.com', /no path/],
  ['https://apps.example.com/', /no path/],
  ['https://apps.example.com/a?b', /\? or #/],
  ['https://apps.example.com/a?', /\? or #/],
  ['https://apps.example.com/a#', /\? or #/],
  ['https://me:pw@apps.example.com/a', /user name/],
  ['https://Apps.example.com/a', /plain form/],
  ['https://apps.example.com:443/a', /plain form/],
  ['https://apps.example.com/b/../a', /plain form/],
  ['https://apps.example.com/./a', /plain form/],
  ['https://apps.example.com\\a', /plain form/],
  ['https://äpps.example.com/a', /plain form/],
  ['https://apps.example.com/ä', /plain form/],
  ['https://apps.example.com/\u001b[2J', /invisible/],
  ['https://apps.example.com/a ', /white space/],
  [`https://apps.example.com/${'a'.repeat(2048)}`, /longer/],
])('the document %j is none', (url, fault) => expect(clientMetadataUrlFault(url)).toMatch(fault))

test.each([
  'https://box-3118.tunnel.example.com/',
  'https://a.example.com/back',
  'http://localhost:3118/',
  'http://[::1]:1/',
])('a browser may come back to %s', url => expect(callbackUrlFault(url)).toBeUndefined())

test.each([
  ['', /empty/],
  ['3118', /not a valid address/],
  ['http://box.example.com/', /https/],
  ['http://127.0.0.1.example.com/', /https/],
  ['javascript:alert(1)', /https/],
  ['https://a.example.com/?a=b', /\? or #/],
  ['https://a.example.com/#', /\? or #/],
  ['https://me@a.example.com/', /user name/],
  ['https://a.example.com/\u202e', /invisible/],
])('a browser may not come back to %j', (url, fault) => expect(callbackUrlFault(url)).toMatch(fault))
