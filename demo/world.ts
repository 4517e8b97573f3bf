import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuthorizationServer, startAuthorizationServer } from './authorization-server.ts'
import type { AuthorizationServerOptions } from './configuration.ts'
import { type NotesServer, startMcpServer } from './mcp-server.ts'
import { type PracticeModel, startModel } from './model.ts'

export interface WorldOptions {
  /** Milliseconds between two words of the model; default 0. */
  delay?: number
  /** What the model does on a prompt, see `ModelOptions`. */
  orders?(prompt: string): string | undefined
  authorizationServer?: Omit<AuthorizationServerOptions, 'resource'>
  /** The origin under which the MCP server is known, where something in front of it speaks https. */
  mcpOrigin?: string
}

export interface Place {
  /** The state folder of the program, what `COPILOT_HOST_HOME` names. */
  state: string
  /** Environment variables for this place and for the practice model. */
  env: Record<string, string>
}

export interface World {
  model: PracticeModel
  authorizationServer: AuthorizationServer
  mcp: NotesServer
  /** The folder of everything that is written; removed by `close`. */
  folder: string
  /** An empty folder in it to work in. */
  work: string
  /** A state of its own under that name, as if on another machine. */
  place(name: string): Place
  close(): Promise<void>
}

/** The whole practice world: a model, an authorization server and an MCP server that it protects, on 127.0.0.1. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'copilot-host-demo-'))
    // A program that was just killed may leave a child that still writes.
    closers.push(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }))
    const model = await startModel({ delay: options.delay, orders: options.orders })
    closers.push(model.close)
    let resource = ''
    const authorizationServer = await startAuthorizationServer({
      ...options.authorizationServer,
      resource: () => resource,
    })
    closers.push(authorizationServer.close)
    const mcp = await startMcpServer({ authorizationServer, origin: options.mcpOrigin })
    closers.push(mcp.close)
    resource = mcp.url
    const work = join(folder, 'practice')
    await mkdir(work)
    const place = (name: string) => {
      const state = join(folder, name, 'host')
      const env = {
        COPILOT_HOME: join(folder, name, 'copilot'),
        COPILOT_HOST_HOME: state,
        COPILOT_PROVIDER_TYPE: 'openai',
        COPILOT_PROVIDER_BASE_URL: model.url,
        COPILOT_PROVIDER_API_KEY: 'practice',
        COPILOT_MODEL: 'practice-model',
        COPILOT_OFFLINE: 'true',
      }
      return { state, env }
    }
    return { model, authorizationServer, mcp, folder, work, place, close }
  } catch (error) {
    await close()
    throw error
  }
}
