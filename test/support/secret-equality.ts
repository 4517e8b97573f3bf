// Two secrets look alike to a test runner, whatever is in them: a test file that compares some imports this.
import { expect } from 'vitest'
import { Secret } from '../../src/auth/secret.ts'

expect.addEqualityTesters([(a, b) => (a instanceof Secret && b instanceof Secret ? a.equals(b) : undefined)])
