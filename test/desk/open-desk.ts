import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Descriptor, readDescriptors } from '../../src/desk/descriptor.ts'
import { createDesk, type Desk, type DeskDialog, type DeskOptions } from '../../src/desk/desk.ts'
import type { DeskPlace } from '../../src/desk/folder.ts'
import { clean } from '../../src/text.ts'
import { temporaryFolder } from '../support/folder.ts'
import { signInView } from '../ui/panels/view.ts'

export const never = new AbortController().signal

export interface OpenDesk {
  place: DeskPlace
  desk: Desk
  /** One sign-in that waits. */
  dialog: DeskDialog
  descriptor: Descriptor
}

/** A place of its own, where sockets have a short path. */
export async function deskPlace(): Promise<DeskPlace> {
  const folder = await temporaryFolder()
  return {
    state: join(folder, 'state'),
    env: { XDG_RUNTIME_DIR: folder },
    platform: process.platform,
    machine: 'here',
    isRunning: pid => pid === process.pid,
  }
}

/** A real desk on which one sign-in waits, closed when the test ends. */
export async function openDesk(limits?: DeskOptions['limits']): Promise<OpenDesk> {
  const place = await deskPlace()
  const program = { kind: 'chat', folder: clean('~/shop'), pid: process.pid } as const
  const desk = createDesk({ place, program, now: Date.now, limits })
  const dialog = desk.signIn(signInView({ deadline: Date.now() + 600_000 }))
  onTestFinished(() => dialog.close({ kind: 'withdrawn' }))
  await dialog.opened
  const [descriptor] = await readDescriptors(place)
  if (descriptor === undefined) throw new Error('the desk has no descriptor')
  return { place, desk, dialog, descriptor }
}
