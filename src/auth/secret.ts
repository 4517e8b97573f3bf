import { inspect } from 'node:util'

/**
 * A value that must not be seen: its text, JSON and inspected forms are all `[secret]`. It is revealed only where it
 * has to leave the program: token request, client authentication, store, answer to the runtime.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself. Every call of this is a place a reviewer looks at. */
  reveal(): string {
    return this.#value
  }

  equals(other: Secret | undefined): boolean {
    return other !== undefined && other.#value === this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}
