/** A line of the person; see `PlainPromptOptions.read`. */
export type Read = (signal: AbortSignal, prompt: string) => Promise<string>

/** Asks until the line is an answer. `judge` gives the answer, or says what is wrong with the line. */
export async function ask<T extends object>(
  { read, write }: { read: Read; write: (line: string) => void },
  prompt: string,
  judge: (line: string) => T | string,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    const answer = judge((await read(signal, prompt)).trim())
    if (typeof answer !== 'string') return answer
    write(answer)
  }
}
