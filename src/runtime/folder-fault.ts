import { homedir } from 'node:os'
import { join } from 'node:path'
import { HostError, whyNot } from '../errors.ts'
import { clean } from '../text.ts'

/** What the runtime says of a file system, by code or in words. */
const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/\bENOSPC\b|\bEDQUOT\b|No space left/, whyNot('ENOSPC')],
  [/\bEROFS\b|Read-only file system/, whyNot('EROFS')],
  [/\bEACCES\b|\bEPERM\b|Permission denied|Operation not permitted/, whyNot('EACCES')],
  [/\bENOTDIR\b|\bEEXIST\b|Not a directory|File exists/, 'it is not a folder'],
  [/\bENAMETOOLONG\b|File name too long/, whyNot('ENAMETOOLONG')],
]

/** What is wrong with a disk or folder, in words; undefined where the runtime's text is about something else. */
export function diskFault(text: string): string | undefined {
  return FAULTS.find(([pattern]) => pattern.test(text))?.[1]
}

export interface RuntimeFolders {
  /** Where the runtime keeps its sessions. */
  home: string
  /** Where a session works. */
  work?: string
}

/** Where the runtime keeps its sessions, as it finds that out itself. */
export function runtimeHome({ COPILOT_HOME, HOME }: Readonly<Record<string, string | undefined>>): string {
  return COPILOT_HOME || join(HOME || homedir(), '.copilot')
}

/** An error of the kind `folder` that names it, in place of what the runtime says, where that is about one of its folders. */
export function folderFault(error: HostError, { home, work }: RuntimeFolders): HostError {
  const { detail } = error
  const [missing, named] = /Directory does not exist[^:]*(?:: (.+))?/.exec(detail) ?? []
  if (missing !== undefined && work !== undefined) {
    const text =
      named === undefined || named === work
        ? clean(work, 200)
        : `${clean(named, 200)} for temporary files (TMPDIR names another one)`
    return new HostError('folder', text, { cause: error })
  }
  const why = diskFault(detail)
  if (why === undefined) return error
  const text = `${clean(home, 200)} of the Copilot runtime: ${why} (COPILOT_HOME names another one)`
  return new HostError('folder', text, { cause: error })
}
