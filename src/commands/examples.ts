import type { Command } from 'commander'
import { AUTH_EXAMPLES } from './examples-auth.ts'

/** What it does, as an order, and the words behind `$`. */
export type Example = readonly [what: string, line: string]

/** Gives the help of every command its examples. */
export function addExamples(program: Command): void {
  const examples: Readonly<Record<string, readonly Example[]>> = { ...EXAMPLES, ...AUTH_EXAMPLES }
  const visit = (command: Command, path: string) => {
    const own = examples[path]
    if (own !== undefined) command.addHelpText('after', text(own))
    for (const each of command.commands) visit(each, `${path} ${each.name()}`.trim())
  }
  visit(program, '')
}

function text(examples: readonly Example[]): string {
  return `\nExamples:\n${examples.map(([what, line]) => `  # ${what}\n  $ ${line}\n`).join('\n')}`
}

/** By the name of the command; that of the program is empty. */
const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  '': [
    ['Try it without an account', 'copilot-host demo'],
    ['Use the models of your Copilot plan', 'copilot-host login'],
    ['Start a session with a server', 'copilot-host chat --mcp linear=https://mcp.linear.app/mcp'],
    ['See what works here, and what does not', 'copilot-host doctor'],
  ],
  chat: [
    ['Start a session with one more server', 'copilot-host chat --mcp linear=https://mcp.linear.app/mcp'],
    ['Go on where you were in this folder', 'copilot-host chat --continue'],
    ['Ask once, and print the answer', 'copilot-host chat -p "what is due this week?" --allow-tool linear'],
    ['Ask about what another program prints', 'git diff | copilot-host chat --output json'],
  ],
  resume: [
    ['Choose a session', 'copilot-host resume'],
    ['Continue the one whose id begins like this', 'copilot-host resume 7f3c21a'],
    ['Ask it one more thing, and print the answer', 'copilot-host resume 7f3c21a -p "and the week before?"'],
  ],
  config: [
    ['Show every setting, and who says it', 'copilot-host config'],
    ['Use this model everywhere', 'copilot-host config set model gpt-5'],
    ['Ask one server for these rights only', 'copilot-host config set servers.linear.scopes read write'],
    ['Give its sign-in a fixed port', 'copilot-host config set servers.linear.redirectPort 3118'],
  ],
  'config list': [
    ['Show every setting, and who says it', 'copilot-host config list'],
    ['Read them in a script', 'copilot-host config list --json'],
  ],
  'config get': [
    ['Show the model that is used here', 'copilot-host config get model'],
    ['Show the port of one server', 'copilot-host config get servers.linear.redirectPort'],
  ],
  'config set': [
    ['Use this model everywhere', 'copilot-host config set model gpt-5'],
    ['... in this project only', 'copilot-host config set model gpt-5 --project'],
    ['Ask one server for these rights only', 'copilot-host config set servers.linear.scopes read write'],
  ],
  'config unset': [
    ['Go back to the usual model', 'copilot-host config unset model'],
    ['... in this project', 'copilot-host config unset model --project'],
  ],
  'config path': [
    ['Show where your own file is', 'copilot-host config path'],
    ['Show where the file of this project is', 'copilot-host config path --project'],
  ],
  'config edit': [
    ['Open your own file in your editor', 'copilot-host config edit'],
    ['Open the file of this project', 'copilot-host config edit --project'],
  ],
  'config schema': [
    ['Keep the schema where your editor finds it', 'copilot-host config schema > copilot-host.schema.json'],
    ['List the settings', 'copilot-host config schema | jq -r ".properties | keys[]"'],
  ],
  mcp: [
    ['Show the servers and where they stand', 'copilot-host mcp'],
    ['Add a server by its address', 'copilot-host mcp add linear https://mcp.linear.app/mcp'],
    ['Ask it whether it lets you in', 'copilot-host mcp status linear'],
  ],
  'mcp list': [
    ['Show the servers and where they stand', 'copilot-host mcp list'],
    ['Read them in a script', 'copilot-host mcp list --json'],
  ],
  'mcp add': [
    ['Add a server by its address', 'copilot-host mcp add linear https://mcp.linear.app/mcp'],
    ['Add a command that is a server', 'copilot-host mcp add files -- npx -y @example/files-server .'],
    [
      'Read a key from the environment',
      "copilot-host mcp add ci https://ci.example.com/mcp --header 'X-Key: $KEY'",
    ],
    ['Share it with this project', 'copilot-host mcp add docs https://docs.example.com/mcp --project'],
  ],
  'mcp remove': [
    ['Take a server out of your own file', 'copilot-host mcp remove linear'],
    ['Take it out of the file of this project', 'copilot-host mcp remove docs --project'],
  ],
  'mcp status': [
    ['Ask every server', 'copilot-host mcp status'],
    ['Ask one, in a script', 'copilot-host mcp status linear --json'],
    ['Try one that is not configured', 'copilot-host mcp status https://mcp.linear.app/mcp'],
  ],
  trust: [
    ['See what this project brings, and agree to it', 'copilot-host trust'],
    ['Show the folders where you have agreed', 'copilot-host trust list'],
    ['Take it back', 'copilot-host trust revoke'],
  ],
  'trust show': [
    ['See what this project brings, and agree to it', 'copilot-host trust show'],
    ['Only look, in a script', 'copilot-host trust show --json'],
  ],
  'trust list': [
    ['Show the folders where you have agreed', 'copilot-host trust list'],
    ['Read them in a script', 'copilot-host trust list --json'],
  ],
  'trust revoke': [
    ['Take back what you agreed to in this project', 'copilot-host trust revoke'],
    ['... in another one', 'copilot-host trust revoke ~/work/site'],
  ],
  sessions: [
    ['Show the sessions of this folder', 'copilot-host sessions list --here'],
    ['Find one', 'copilot-host sessions search "retry storm"'],
    ['Write it down for others', 'copilot-host sessions export 7f3c21a --redact > talk.md'],
  ],
  'sessions list': [
    ['Show all sessions, newest first', 'copilot-host sessions list'],
    ['Show those of this folder, in a script', 'copilot-host sessions list --here --json'],
  ],
  'sessions search': [
    ['Find a session by what was said', 'copilot-host sessions search "retry storm"'],
    ['Look only among those of this folder', 'copilot-host sessions search release --here'],
  ],
  'sessions show': [
    ['Read the latest one of this folder', 'copilot-host sessions show'],
    ['Read the end of another one', 'copilot-host sessions show 7f3c21a --last 4'],
  ],
  'sessions export': [
    ['Write the latest one as Markdown', 'copilot-host sessions export > talk.md'],
    ['... without what is private', 'copilot-host sessions export 7f3c21a --redact > talk.md'],
    ['Read it in a script', 'copilot-host sessions export latest --format json'],
  ],
  'sessions rename': [
    ['Give a session a name', 'copilot-host sessions rename 7f3c21a "retry storm"'],
    ['... and continue it by that', 'copilot-host resume "retry storm"'],
  ],
  'sessions delete': [
    ['Delete a session', 'copilot-host sessions delete 7f3c21a'],
    ['Delete several, without being asked', 'copilot-host sessions delete 7f3c21a 09be4d1 --yes'],
  ],
  replay: [
    ['Watch the latest session of this folder', 'copilot-host replay'],
    ['Watch another one, four times as fast', 'copilot-host replay 7f3c21a --speed 4'],
    ['Print it at once, without what is private', 'copilot-host replay --speed instant --redact'],
  ],
  login: [
    ['Sign in to GitHub', 'copilot-host login'],
    ['Use a token that you have', 'copilot-host login --with-token < token.txt'],
  ],
  doctor: [
    ['See what works here, and what does not', 'copilot-host doctor'],
    ['Look at one more server', 'copilot-host doctor --mcp linear=https://mcp.linear.app/mcp'],
    ['Write a report for an issue', 'copilot-host doctor --bundle report.json'],
  ],
  demo: [
    ['Look around', 'copilot-host demo'],
    ['Watch the whole story', 'copilot-host demo --auto'],
  ],
  complete: [
    ['In ~/.bashrc', 'source <(copilot-host complete bash)'],
    ['In ~/.zshrc', 'source <(copilot-host complete zsh)'],
    ['In config.fish', 'copilot-host complete fish | source'],
  ],
}
