/**
 * Where texts are kept under an account name: the keychain, a file or this process. A fault rejects with
 * `store-unavailable`; its detail is the first half of the line that the person reads.
 */
export interface Vault {
  get(account: string): Promise<string | undefined>
  set(account: string, text: string): Promise<void>
  /** Resolves when nothing is kept under that name any more. */
  delete(account: string): Promise<void>
  /** Rejects if finding nothing means nothing: a locked keychain says "not found" to everything. */
  probe(): Promise<void>
  close(): Promise<void>
}
