/** The sign-in pages of the practice world: plain forms, no scripts, nothing loaded from elsewhere. */

const STYLE = `
  body { font: 17px/1.5 system-ui, sans-serif; color: #1f2328; background: #f6f8fa; margin: 0 }
  main { max-width: 24rem; margin: 12vh auto; padding: 2rem; background: #fff; border: 1px solid #d1d9e0;
    border-radius: 12px }
  h1 { font-size: 1.35rem; margin: 0 0 .75rem } p { margin: 0 0 1rem } ul { padding-left: 1.2rem }
  label { display: block; font-size: .9rem } code { font-size: 1.6rem; letter-spacing: .1em }
  input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem .7rem; margin: .3rem 0 1rem;
    border: 1px solid #d1d9e0; border-radius: 8px }
  button { font: inherit; padding: .5rem 1.1rem; border-radius: 8px; border: 1px solid #d1d9e0; background: #f6f8fa;
    cursor: pointer; margin-right: .5rem }
  button.main { background: #1f883d; border-color: #1f883d; color: #fff }
  small { color: #59636e } .bad { color: #d1242f }
  @media (prefers-color-scheme: dark) { body { color: #f0f6fc; background: #010409 }
    main, input { color: inherit; background: #0d1117; border-color: #3d444d }
    button { color: inherit; background: #212830; border-color: #3d444d } }`

const MEANING: Record<string, string> = {
  'notes.read': 'read your notes',
  'notes.write': 'change and delete your notes',
  openid: 'know who you are',
  profile: 'know your name',
  email: 'know your e-mail address',
  offline_access: 'stay signed in',
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)
}

/** A whole page; `body` is HTML. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>${body}
<p><small>This is the practice world of copilot-host. Nothing leaves your machine.</small></p>
</main></body></html>`
}

export function loginPage(action: string, hint: string): string {
  return page(
    'Sign in',
    `<form method="post" action="${escapeHtml(action)}">
<label>Any name will do:<input type="text" name="login" value="${escapeHtml(hint)}" autofocus required></label>
<button class="main" type="submit" name="answer" value="login">Sign in</button>
</form>`,
  )
}

export function consentPage(
  action: string,
  client: string,
  account: string,
  scopes: readonly string[],
): string {
  const rights = scopes.map(scope => `<li>${escapeHtml(MEANING[scope] ?? scope)}</li>`).join('')
  return page(
    'Allow access?',
    `<p><b>${escapeHtml(client)}</b> asks, for <b>${escapeHtml(account)}</b>, to:</p><ul>${rights}</ul>
<form method="post" action="${escapeHtml(action)}">
<button class="main" type="submit" name="answer" value="allow" autofocus>Allow</button>
<button type="submit" name="answer" value="deny">Deny</button>
</form>`,
  )
}

/** The page where a user code is typed; `form` comes from oidc-provider and holds the field. */
export function codePage(form: string, trouble?: string): string {
  const said = trouble === undefined ? '' : `<p class="bad">${escapeHtml(trouble)}</p>`
  return page(
    'Enter the code',
    `${said}<p>Type the code that your terminal shows.</p>${form}
<button class="main" type="submit" form="op.deviceInputForm">Continue</button>`,
  )
}

/** The page that compares the code before anything is allowed (RFC 8628, section 5.4). */
export function confirmPage(form: string, client: string, userCode: string): string {
  return page(
    'Is this your code?',
    `<p><code>${escapeHtml(userCode)}</code></p>
<p><b>${escapeHtml(client)}</b> shows it in your terminal. If it does not, or you did not start this: stop.</p>${form}
<button class="main" type="submit" form="op.deviceConfirmForm" autofocus>Continue</button>
<button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">Stop</button>`,
  )
}

export function messagePage(title: string, text: string): string {
  return page(title, `<p>${escapeHtml(text)}</p>`)
}
