import * as v from 'valibot'

/** What the keychain child is asked, one JSON line each. */
export const requestSchema = v.variant('do', [
  v.object({ id: v.number(), do: v.literal('get'), service: v.string(), account: v.string() }),
  v.object({
    id: v.number(),
    do: v.literal('set'),
    service: v.string(),
    account: v.string(),
    text: v.string(),
  }),
  v.object({ id: v.number(), do: v.literal('delete'), service: v.string(), account: v.string() }),
])

/**
 * What it answers. `text`: what was found. `deleted`: something was. `fault`: `absent` the package with the native module is not
 * installed, `module` it does not load, `locked` the keychain says so itself, `failed` anything else. The system's own message stays in the child.
 */
export const answerSchema = v.object({
  id: v.number(),
  text: v.optional(v.string()),
  deleted: v.optional(v.boolean()),
  fault: v.optional(v.picklist(['absent', 'module', 'locked', 'failed'])),
})

export type Request = v.InferOutput<typeof requestSchema>
export type Answer = v.InferOutput<typeof answerSchema>
