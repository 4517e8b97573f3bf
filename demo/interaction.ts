import type { IncomingMessage, ServerResponse } from 'node:http'
import type { InteractionResults, Provider } from 'oidc-provider'
import type { State } from './configuration.ts'
import { bodyOf } from './listen.ts'
import { consentPage, loginPage } from './pages.ts'

const ANYBODY = 'ada@example.com'

/** Shows the sign-in or the consent page, or takes what the person answered there. */
export async function interact(
  provider: Provider,
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const details = await provider.interactionDetails(request, response)
  if (request.method === 'POST') {
    const form = new URLSearchParams(await bodyOf(request))
    const result = await answer(provider, state, details, form)
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
    return
  }
  const html = await pageFor(provider, details)
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
  response.end(html)
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>

async function pageFor(provider: Provider, { uid, prompt, params, session }: Details): Promise<string> {
  const action = `/interaction/${uid}`
  if (prompt.name === 'login') {
    return loginPage(action, typeof params.login_hint === 'string' ? params.login_hint : ANYBODY)
  }
  const clientId = String(params.client_id)
  const client = await provider.Client.find(clientId)
  const scopes = String(params.scope ?? '').match(/\S+/g) ?? []
  return consentPage(action, client?.clientName ?? clientId, session?.accountId ?? ANYBODY, scopes)
}

async function answer(
  provider: Provider,
  state: State,
  { prompt, params, session, grantId }: Details,
  form: URLSearchParams,
): Promise<InteractionResults> {
  if (prompt.name === 'login') {
    return { login: { accountId: form.get('login')?.trim().slice(0, 80) || ANYBODY } }
  }
  const denied = state.deny || form.get('answer') !== 'allow'
  state.deny = false
  if (denied) return { error: 'access_denied', error_description: 'the person said no' }
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const accountId = session?.accountId ?? ANYBODY
  const grant = known ?? new provider.Grant({ accountId, clientId: String(params.client_id) })
  const { missingOIDCScope, missingResourceScopes } = prompt.details
  if (isStrings(missingOIDCScope)) grant.addOIDCScope(missingOIDCScope.join(' '))
  for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
    if (isStrings(scopes)) grant.addResourceScope(resource, scopes.join(' '))
  }
  return { consent: { grantId: await grant.save() } }
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(one => typeof one === 'string')
}
