import type { BuildOptions } from 'rolldown'

export function bundleOptions(root: string): BuildOptions[]
export function bundleOf(
  root: string,
  input: Readonly<Record<string, string>>,
  where?: { dir?: string },
): BuildOptions
