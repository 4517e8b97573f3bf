import { dirname } from 'node:path'
import { maskSecrets } from '../mask.ts'
import { type Clean, clean, hostOf } from '../text.ts'
import { diskFault } from './folder-fault.ts'

/**
 * Why the model gave no answer, in our words: the runtime's own name the commands and settings of Copilot CLI. What
 * the provider itself said is kept, with everything that looks like a key masked.
 */
export function problemText(message: string, status: number | undefined): Clean {
  const provider = providerOf(message)
  if (/No GitHub OAuth token/i.test(message)) {
    return clean(
      'there is neither a GitHub login nor a model provider: copilot-host login signs in to GitHub',
      200,
    )
  }
  if (/^Could not connect/i.test(message)) return clean(`${provider} cannot be reached`, 200)
  const number = status === undefined ? '' : ` (HTTP ${status})`
  if (/^Authentication failed with provider/i.test(message)) {
    return clean(`${provider} did not accept the key${number}`, 200)
  }
  const retries = /retried (\d+) times/.exec(message)?.[1]
  const last = /Last error: (.*)/s.exec(message)?.[1]
  if (retries && last) {
    const said = clean(maskSecrets(last.replace(/^\d{3}\s+/, '')), 160)
    return clean(`the model did not answer${number} after ${retries} retries: ${said}`, 300)
  }
  const lines = message.split('\n').filter(line => !/\bCOPILOT_[A-Z_]+/.test(line))
  const text = clean(maskSecrets(lines.join(' ')), 260) || 'the model did not answer'
  return clean(status === undefined || text.includes(String(status)) ? text : `${text}${number}`, 300)
}

/** Why the log of a session could not be written, and where it is. */
export function unsavedText(message: string): Clean {
  // No path is longer, and a message without the end of one would be gone through again and again.
  const file = /JSONL file (.+?): /.exec(message.slice(0, 5000))?.[1]
  const place = file === undefined ? 'its folder' : dirname(file)
  return clean(
    `the conversation cannot be saved in ${clean(place, 160)}: ${diskFault(message) ?? 'it cannot be written'}`,
    300,
  )
}

/** What the runtime knows to do about something. */
export interface Help {
  remediation?: string
  tip?: string
  url?: string
}

/** A text with the next step behind it, as far as there is one in this program. */
export function withHelp(text: Clean, { remediation, tip, url }: Help): Clean {
  const login = remediation === 'sign_in' || remediation === 'switch_account'
  const step = login && !text.includes('copilot-host login') ? 'copilot-host login signs in to GitHub' : ''
  const page = url !== undefined && /^https:\/\/\S+$/i.test(url) && !text.includes(url) ? url : ''
  return clean([text, tip, step, page].filter(Boolean).join(' · '), 500)
}

function providerOf(message: string): string {
  const url = /https?:\/\/[^\s"')]+/.exec(message)?.[0]
  return url ? `the model provider ${hostOf(url)}` : 'the model provider'
}
