import type { Clean } from '../text.ts'
import type { View } from './state.ts'

/** Calls of this server are made as this account from now on; one that waited for the sign-in goes on as whoever has signed in. */
export function withAccount(view: View, server: string, account: Clean | undefined): View {
  const accounts = new Map(view.accounts)
  accounts.delete(server)
  if (account !== undefined) accounts.set(server, account)
  const tools = view.tools.map(tool => (tool.server === server ? { ...tool, account } : tool))
  return { ...view, accounts, tools }
}
