import { expect, test } from 'vitest'
import { noModelScreen, readModel } from '../../src/config/model.ts'
import type { HostError } from '../../src/errors.ts'

const BASE = { COPILOT_PROVIDER_BASE_URL: 'http://127.0.0.1:11434/v1', COPILOT_MODEL: 'llama' }

function failure(env: Record<string, string>, flags: { model?: string } = {}): HostError {
  try {
    readModel(env, flags)
  } catch (error) {
    return error as HostError
  }
  return expect.fail('should have been refused')
}

test('nothing is set: the stored login is left', () => {
  expect(readModel({}, {})).toEqual({})
})

test('an empty variable is an unset one', () => {
  expect(readModel({ COPILOT_PROVIDER_BASE_URL: '', COPILOT_MODEL: ' ', GH_TOKEN: '' }, {})).toEqual({})
})

test('the least that a provider needs', () => {
  expect(readModel(BASE, {})).toEqual({
    model: 'llama',
    provider: { type: 'openai', baseUrl: 'http://127.0.0.1:11434/v1' },
  })
})

test('everything that a provider can have', () => {
  const env = {
    ...BASE,
    COPILOT_PROVIDER_TYPE: 'Azure',
    COPILOT_PROVIDER_API_KEY: 'key\n',
    COPILOT_PROVIDER_BEARER_TOKEN: 'bearer',
    COPILOT_PROVIDER_WIRE_API: 'responses',
    COPILOT_PROVIDER_HEADERS: 'X-Team: shop: a\r\n\n  anthropic-beta:b \n',
    COPILOT_PROVIDER_MODEL_ID: 'gpt-5',
    COPILOT_PROVIDER_WIRE_MODEL: 'my deployment',
    COPILOT_PROVIDER_MAX_PROMPT_TOKENS: '64000',
    COPILOT_PROVIDER_MAX_OUTPUT_TOKENS: '4096',
    COPILOT_PROVIDER_AZURE_API_VERSION: '2025-04-01-preview',
  }
  expect(readModel(env, {})).toEqual({
    model: 'llama',
    provider: {
      type: 'azure',
      baseUrl: 'http://127.0.0.1:11434/v1',
      apiKey: 'key',
      bearerToken: 'bearer',
      wireApi: 'responses',
      headers: { 'X-Team': 'shop: a', 'anthropic-beta': 'b' },
      modelId: 'gpt-5',
      wireModel: 'my deployment',
      maxPromptTokens: 64000,
      maxOutputTokens: 4096,
      azure: { apiVersion: '2025-04-01-preview' },
    },
  })
})

test('the option goes before the variable, and the model id stands in for both', () => {
  const { COPILOT_MODEL: _, ...base } = BASE
  expect(readModel(BASE, { model: 'other' }).model).toBe('other')
  expect(readModel({ ...base, COPILOT_PROVIDER_MODEL_ID: 'gpt-5' }, {}).model).toBe('gpt-5')
})

test('a provider without a model says how to name one', () => {
  const { COPILOT_MODEL: _, ...base } = BASE
  const error = failure(base)
  expect(error.message).toBe('COPILOT_PROVIDER_BASE_URL needs a model: set COPILOT_MODEL or give --model')
  expect(error.exitCode).toBe(2)
})

test('without a base address the other variables of a provider rest', () => {
  expect(
    readModel({ COPILOT_PROVIDER_API_KEY: 'a b', COPILOT_PROVIDER_TYPE: 'x', COPILOT_MODEL: 'm' }, {}),
  ).toEqual({
    model: 'm',
  })
})

test('GitHub tokens are looked for in the order of Copilot CLI', () => {
  const all = { GITHUB_TOKEN: 'c', GH_TOKEN: 'b', COPILOT_GITHUB_TOKEN: 'a' }
  expect(readModel(all, {}).gitHubToken).toBe('a')
  expect(readModel({ ...all, COPILOT_GITHUB_TOKEN: '' }, {}).gitHubToken).toBe('b')
  expect(readModel({ GITHUB_TOKEN: 'c' }, {}).gitHubToken).toBe('c')
})

test('a provider needs no GitHub token, so none is sent, and a bad one does no harm', () => {
  expect(readModel({ ...BASE, GH_TOKEN: 'a b' }, {}).gitHubToken).toBeUndefined()
})

test.each([
  ['COPILOT_PROVIDER_BASE_URL', 'localhost:1'],
  ['COPILOT_PROVIDER_BASE_URL', 'api.example.com/v1'],
  ['COPILOT_PROVIDER_BASE_URL', 'ftp://secret.example.com'],
  ['COPILOT_PROVIDER_BASE_URL', 'https://me:secret@example.com'],
  ['COPILOT_PROVIDER_BASE_URL', 'https://example.com/ secret'],
  ['COPILOT_PROVIDER_TYPE', 'gemini-secret'],
  ['COPILOT_PROVIDER_WIRE_API', 'chat-secret'],
  ['COPILOT_PROVIDER_API_KEY', 'sk secret'],
  ['COPILOT_PROVIDER_API_KEY', 'sk\nsecret'],
  ['COPILOT_PROVIDER_API_KEY', 'sécret'],
  ['COPILOT_PROVIDER_API_KEY', 'secret'.repeat(4000)],
  ['COPILOT_PROVIDER_BEARER_TOKEN', 'Bearer secret'],
  ['COPILOT_PROVIDER_HEADERS', '{"X-Team": "secret"}'],
  ['COPILOT_PROVIDER_HEADERS', 'X-Team secret'],
  ['COPILOT_PROVIDER_HEADERS', 'X Team: secret'],
  ['COPILOT_PROVIDER_HEADERS', 'X-Team:'],
  ['COPILOT_PROVIDER_HEADERS', 'X-Team: secrét'],
  ['COPILOT_PROVIDER_MAX_PROMPT_TOKENS', '64k secret'],
  ['COPILOT_PROVIDER_MAX_PROMPT_TOKENS', '0'],
  ['COPILOT_PROVIDER_MAX_OUTPUT_TOKENS', '-1'],
  ['COPILOT_PROVIDER_MAX_OUTPUT_TOKENS', '1e9'],
  ['COPILOT_PROVIDER_MODEL_ID', 'secret\u001b[2J'],
  ['COPILOT_PROVIDER_WIRE_MODEL', 'secret\u202e'],
  ['COPILOT_PROVIDER_AZURE_API_VERSION', 'secret\0'],
  ['COPILOT_MODEL', 'secret'.repeat(50)],
])('%s=%j is named without its value', (name, value) => {
  const error = failure({ ...BASE, [name]: value })
  expect(error.message).toMatch(new RegExp(`^${name}\\b`))
  expect(error.message).not.toContain(value)
  expect(error.message).not.toMatch(/secr[eé]t|\n/)
  expect(error.exitCode).toBe(2)
})

test.each(['COPILOT_GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_TOKEN'])(
  'a bad %s is named without its value',
  name => {
    expect(failure({ [name]: 'ghp secret' }).message).toMatch(new RegExp(`^${name} (?!.*secret)`))
  },
)

test.each(['', ' ', '\u001b]0;x\u0007', 'm'.repeat(257)])('--model %j is wrong usage', model => {
  const error = failure({}, { model })
  expect(error.message).toMatch(/^--model /)
  expect(error.exitCode).toBe(2)
})

test('a command that prints a key is not run, and that is said', () => {
  const env = { ...BASE, COPILOT_PROVIDER_API_KEY_COMMAND: 'cat secret' }
  expect(failure(env).message).toMatch(/^COPILOT_PROVIDER_API_KEY_COMMAND is not supported(?!.*secret)/)
  expect(readModel({ ...env, COPILOT_PROVIDER_API_KEY: 'k' }, {}).provider?.apiKey).toBe('k')
})

test('the screen without a model names the three ways in 80 columns', () => {
  const screen = noModelScreen()
  expect(screen).toContain('copilot-host login')
  expect(screen).toContain('COPILOT_PROVIDER_BASE_URL')
  expect(screen).toContain('copilot-host demo')
  expect(Math.max(...screen.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
})
