import type { SignInView, WebUrl } from '../../../src/auth/types.ts'
import { clean } from '../../../src/text.ts'

/** A view as the engine makes it; parts of it are given by the test. */
export function signInView(parts: Partial<SignInView> = {}): SignInView {
  return {
    id: '1',
    server: clean('billing'),
    serverHost: clean('billing.example.com'),
    pageHost: clean('login.example.com'),
    others: [],
    reason: 'initial',
    newScopes: [clean('invoices.read')],
    grantedScopes: [],
    keptIn: 'keychain',
    routes: ['browser', 'device', 'paste'],
    deadline: 600_000,
    ...parts,
  }
}

/** An address as `webUrl()` gives it. */
export function address(url: string): WebUrl {
  return new URL(url).href as WebUrl
}
