import type { Adapter, AdapterPayload } from 'oidc-provider'

interface Entry {
  model: string
  id: string
  payload: AdapterPayload
}

export interface Storage {
  /** What oidc-provider wants: one adapter for each of its models. */
  adapter(model: string): Adapter
  /** Forgets everything of these models, of all models when none is named. */
  forget(...models: string[]): void
}

/** The memory of one authorization server; it ends with the process. `userCode`: what every device code is found by. */
export function createStorage(userCode?: string): Storage {
  const entries = new Map<string, Entry>()

  const first = (model: string, suits: (payload: AdapterPayload) => boolean) =>
    [...entries.values()].find(entry => entry.model === model && suits(entry.payload))?.payload

  const forget = (suits: (entry: Entry) => boolean) => {
    for (const [key, entry] of entries) if (suits(entry)) entries.delete(key)
  }

  return {
    forget: (...models) => forget(entry => models.length === 0 || models.includes(entry.model)),
    adapter: model => ({
      async upsert(id, payload) {
        const shown =
          model === 'DeviceCode' ? { userCode: userCode?.replaceAll('-', '') ?? payload.userCode } : {}
        entries.set(`${model}:${id}`, { model, id, payload: { ...payload, ...shown } })
      },
      async find(id) {
        return entries.get(`${model}:${id}`)?.payload
      },
      async findByUid(uid) {
        return first(model, payload => payload.uid === uid)
      },
      async findByUserCode(userCode) {
        return first(model, payload => payload.userCode === userCode)
      },
      async consume(id) {
        const entry = entries.get(`${model}:${id}`)
        if (entry) entry.payload.consumed = Math.floor(Date.now() / 1000)
      },
      async destroy(id) {
        entries.delete(`${model}:${id}`)
      },
      async revokeByGrantId(grantId) {
        forget(entry => entry.payload.grantId === grantId)
      },
    }),
  }
}
