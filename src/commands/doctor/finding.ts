/** What one check found. */
export interface Finding {
  /** `runtime`, `keychain`, `server notes`, ... */
  check: string
  /** `note`: neither good nor bad; `fail`: what was asked for cannot work. */
  state: 'ok' | 'note' | 'warning' | 'fail'
  text: string
  /** Who the text says is signed in. */
  account?: string
  /** What to do about it. */
  help?: string
  /** Milliseconds, where the time tells something. */
  took?: number
}

export type State = Finding['state']
