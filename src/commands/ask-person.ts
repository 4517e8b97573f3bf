import type { Browser, WebUrl } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import { HostError } from '../errors.ts'
import type { Ask, AskAnswer } from '../runtime/types.ts'

export interface AskPorts {
  /** Shows the question and gives what the person answers. */
  ask: (ask: Ask, signal: AbortSignal) => Promise<AskAnswer>
  browser: Browser
  tell: (line: { level: 'info' | 'warning'; text: string }) => void
}

/**
 * Puts a question to the person. An address that a server wants to be opened is judged first, opened only when the person
 * has agreed to it, and declined where it is none that may be opened.
 */
export async function askPerson(ask: Ask, ports: AskPorts, signal: AbortSignal): Promise<AskAnswer> {
  if (ask.kind !== 'address') return ports.ask(ask, signal)
  const url = judged(ask.address)
  if (url instanceof HostError) {
    ports.tell({ level: 'warning', text: `${ask.server ?? 'a server'}: ${url.message}; it was not opened` })
    return { kind: 'decline' }
  }
  const answer = await ports.ask({ ...ask, address: url }, signal)
  if (answer.kind === 'accept' && !(await ports.browser.open(url)))
    ports.tell({ level: 'info', text: `no browser could be opened, open this address: ${url}` })
  return answer
}

function judged(address: string): WebUrl | HostError {
  try {
    return webUrl(address, 'the page')
  } catch (thrown) {
    if (thrown instanceof HostError) return thrown
    throw thrown
  }
}
