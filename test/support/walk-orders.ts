/** What the practice model does on the prompts of the walk: a person works on the cart of a small shop. */
export function walkOrders(shop: { folder: string }): (prompt: string) => string | undefined {
  const call = (tool: string, more: object) => `CALL ${tool} ${JSON.stringify(more)}`
  const at = (path: string) => `${shop.folder}/${path}`
  const shell = (command: string, description: string) => call('bash', { command, description })
  const say = (text: string) => text.replaceAll('\n', '\\n')
  const edit = (from: string, to: string) =>
    call('edit', { path: at('src/cart.ts'), old_str: from, new_str: to })
  const note = shell('echo rounded once >> NOTES.md', 'Notes it')
  const helper = { agent_type: 'general-purpose', name: 'receipts', mode: 'sync' }

  const orders: Readonly<Record<string, () => string>> = {
    'why are the cents wrong?': () => `SAY ${say(ANSWER)}`,
    'say it again, in full': () => `HOLD ${say(HALF)}`,
    'think about the receipts': () =>
      `THINK ${say(THOUGHTS)}\nSAY The receipt takes the total from the cart: it needs no change.`,
    'run the checks': () => `${shell('./check', 'Runs the checks')}\nSAY 11 checks pass, 1 is left to do.`,
    'what is in totals.ts?': () =>
      `${call('view', { path: at('src/totals.ts') })}\nSAY There is no such file.`,
    'round once': () =>
      `${edit('  return cents(sum)', '  return Math.round(cents(sum))')}\nSAY Rounded once, at the end.`,
    'round up': () => `${edit('Math.round', 'Math.ceil')}\nSAY It stays as it is.`,
    'watch the checks': () => shell('./check again', 'Runs the checks once more'),
    // Twice the same: the runtime asks in any order.
    'note it twice': () => `${note}\n${note}\nSAY Noted.`,
    'let a helper look': () =>
      `${call('task', { ...helper, description: 'look at the receipts', prompt: 'look at the receipts' })}\nSAY The receipts are right.`,
    'look at the receipts': () =>
      `${shell('./check receipts', 'Runs the checks of the receipts')}\nSAY All receipts are right.`,
    'which way?': () =>
      `${call('ask_user', {
        question: 'Where shall the cents be rounded?',
        choices: ['line by line', 'once, at the end'],
      })}\nSAY Once, then.`,
    'order a shirt': () => `${call('order', {})}\nSAY No shirt, then.`,
    'plan the receipts': () =>
      `${call('exit_plan_mode', { summary: PLAN, actions: ['interactive', 'autopilot'] })}\nSAY I wait.`,
    'a bad day': () => 'FAIL 400',
    'hello again': () => 'SAY Hello.',
    'hello in lines': () => 'SAY Hello, in plain lines.',
  }
  // In some modes the runtime puts a word of its own in front.
  return prompt => Object.entries(orders).find(([words]) => prompt.endsWith(words))?.[1]()
}

const ANSWER = `## Two roundings

The cart rounds **each line** and then *the whole*. See [the tax guide](https://tax.example.org/rounding?lang=en).

1. \`lineTotal\` rounds every line
2. \`total\` rounds their sum once more
   - so a cent comes or goes

> Amounts are rounded once, on the invoice.

| lines | now | right |
|---|--:|--:|
| 3 × 0.335 | 1.02 | 1.01 |
| 10 × 0.125 | 1.30 | 1.25 |

\`\`\`ts
export function total(lines: Line[]): number {
  // once, at the end
  return Math.round(lines.reduce((sum, line) => sum + line.cents, 0))
}
\`\`\`

Shall I change it?`

const HALF = `## Two roundings

The cart rounds **each line** and then *the whole*:

- \`lineTotal\` rounds every line
- \`total\` rounds their sum once more, which is where a cent comes

\`\`\`ts
export function total(lines: Line[]): number {
  return Math.rou`

const THOUGHTS = `**Looking at the receipts**

The receipt prints what the cart gives it. So there is one place to change.`

const PLAN = `1. Round once, in \`src/cart.ts\`
2. Let the receipt take that total
3. A check with 0.335`
