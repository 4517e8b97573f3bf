import { blobName } from '../../text.ts'

const DATA = 'data:([a-z]+\\/[\\w.+-]+)(?:;[\\w=.-]+)*;base64,([A-Za-z0-9+/_-]{200,}=*)'
const BLOB = new RegExp(DATA, 'gi')
// No bracket within the words: each place is looked at once, however many brackets are opened.
const IMAGE = new RegExp(`!?\\[([^[\\]]*)\\]\\(${DATA}\\)`, 'gi')
const HERE = /^data:[a-z]+\/[\w.+-]+(?:;[\w=.-]+)*;base64,[A-Za-z0-9+/_-]*=*\)?/i

/** Text in which data that nobody can read has given way to its kind and size. */
export function nameBlobs(text: string): string {
  if (text.length < 200 || !text.includes('base64,')) return text
  return text
    .replace(IMAGE, (_, words: string, kind: string, data: string) => `${words} ${nameOf(kind, data)}`.trim())
    .replace(BLOB, (_, kind: string, data: string) => nameOf(kind, data))
}

function nameOf(kind: string, data: string): string {
  return blobName(kind, (data.length * 3) / 4)
}

/** Where a text can be cut that must be cut at `at`: behind the data that it would be cut in, if there is such. */
export function beyondBlob(text: string, at: number): number {
  const start = text.lastIndexOf('data:', at)
  const data = start < 0 ? null : HERE.exec(text.slice(start))
  return data === null ? at : Math.max(at, start + data[0].length)
}
