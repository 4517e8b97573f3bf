import type { Example } from './examples.ts'

/** The examples of `auth` and of what is below it. */
export const AUTH_EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  auth: [
    ['See who is signed in where, and for how long', 'copilot-host auth status'],
    ['Sign in ahead of a run', 'copilot-host auth login linear'],
    ['Finish a sign-in that waits elsewhere', 'copilot-host auth answer'],
    ['Sign out', 'copilot-host auth logout linear'],
  ],
  'auth login': [
    ['Sign in to a server that is configured', 'copilot-host auth login linear'],
    ['... with a code for another device', 'copilot-host auth login linear --sign-in device'],
    ['Add a second account', 'copilot-host auth login linear --account work'],
    ['Keep it without a keychain', 'copilot-host auth login linear --token-store file'],
  ],
  'auth logout': [
    ['Sign out of a server', 'copilot-host auth logout linear'],
    ['Sign out with one account only', 'copilot-host auth logout linear --account work'],
    ['Sign out everywhere', 'copilot-host auth logout --all'],
  ],
  'auth reset': [
    ['Begin from nothing at the next sign-in', 'copilot-host auth reset linear'],
    ['... to a server that is not configured', 'copilot-host auth reset https://mcp.linear.app/mcp'],
  ],
  'auth account': [
    ['Show the accounts of a server', 'copilot-host auth account linear'],
    ['Use another one in this folder', 'copilot-host auth account linear work'],
  ],
  'auth list': [
    ['Show what is kept', 'copilot-host auth list'],
    ['Show what is kept in the file', 'copilot-host auth list --token-store file'],
  ],
  'auth status': [
    ['Ask each server about its sign-in', 'copilot-host auth status'],
    ['Make sure that a night is covered', 'copilot-host auth status linear --for 8h --renew'],
    ['Look without the network, in a script', 'copilot-host auth status --offline --json'],
  ],
  'auth plan': [
    ['See what a sign-in would do', 'copilot-host auth plan linear'],
    ['... to a server that is not configured', 'copilot-host auth plan https://mcp.linear.app/mcp'],
  ],
  'auth pending': [
    ['Show what waits', 'copilot-host auth pending'],
    ['Read it in a script', 'copilot-host auth pending --json'],
  ],
  'auth answer': [
    ['Finish the one sign-in that waits', 'copilot-host auth answer'],
    ['Finish one of several', 'copilot-host auth answer K7MQ2X'],
    ['Answer with a token that you have', 'copilot-host auth answer K7MQ2X --with-token < token.txt'],
  ],
  'auth log': [
    ['Show the last fifty', 'copilot-host auth log'],
    ['Show the last five, in a script', 'copilot-host auth log --limit 5 --json'],
  ],
  'auth client': [
    ['Keep a client id; its secret is asked for', 'copilot-host auth client set linear --client-id my-app'],
    ['Show what is kept, without the secret', 'copilot-host auth client show linear'],
    ['Forget it', 'copilot-host auth client remove linear'],
  ],
  'auth client set': [
    ['Keep a client; its secret is asked for', 'copilot-host auth client set linear --client-id my-app'],
    ['... or read', 'copilot-host auth client set linear --client-id my-app < secret.txt'],
    ['Keep one that has no secret', 'copilot-host auth client set linear --client-id my-app --public'],
    ['Sign with a key', 'copilot-host auth client set linear --client-id app --private-key < key.pem'],
  ],
  'auth client show': [
    ['Show what is kept, without the secret', 'copilot-host auth client show linear'],
    ['Read it in a script', 'copilot-host auth client show linear --json'],
  ],
  'auth client remove': [
    ['Forget the client of a server', 'copilot-host auth client remove linear'],
    [
      '... at one of its sign-in servers',
      'copilot-host auth client remove linear --issuer https://login.example.com',
    ],
  ],
}
