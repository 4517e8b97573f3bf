import { createPrivateKey, type KeyObject } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { HostError } from '../errors.ts'
import { hostOf } from '../text.ts'
import { Secret } from './secret.ts'

type Algorithm = Parameters<KeyObject['toCryptoKey']>[0]

/** RFC 7518 3.3: shorter RSA keys must not be used, in bits. */
const LEAST_RSA = 2048

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
}

/**
 * Judges a private key that a person hands over, and writes it as PKCS #8 in PEM. Throws HostError `usage` when it is none,
 * is protected by a passphrase, or is of a kind that signs no client assertion.
 */
export function readPrivateKey(pem: string): Secret {
  if (/ENCRYPTED/.test(pem)) throw unusable('it is protected by a passphrase')
  const key = parse(pem)
  if (key === undefined) throw unusable('it is no private key in PEM (-----BEGIN PRIVATE KEY-----)')
  if (algorithmOf(key, []) === undefined)
    throw unusable('it must be an RSA key of 2048 bits or more, or a P-256, P-384, P-521 or Ed25519 key')
  return new Secret(key.export({ type: 'pkcs8', format: 'pem' }).toString())
}

/**
 * Client authentication by a signed assertion (`private_key_jwt`, RFC 7523 2.2). The key decides the algorithm; where it could
 * be several, what the authorization server lists does. Throws `sign-in-failed` when the key cannot be used.
 */
export function privateKeyJwt(pem: Secret): oauth.ClientAuth {
  return async (as, client, body, headers) => {
    const offered = as.token_endpoint_auth_signing_alg_values_supported ?? []
    const key = parse(pem.reveal())
    const algorithm = key && algorithmOf(key, offered)
    if (key === undefined || algorithm === undefined) {
      throw new HostError(
        'sign-in-failed',
        `the private key that is kept for ${hostOf(as.issuer)} cannot be used`,
      )
    }
    const signer = oauth.PrivateKeyJwt(key.toCryptoKey(algorithm, false, ['sign']), {
      [oauth.modifyAssertion](header) {
        // Servers from before RFC 9864 know Ed25519 by its older name only.
        if (header.alg === 'Ed25519' && !offered.includes('Ed25519')) header.alg = 'EdDSA'
      },
    })
    await signer(as, client, body, headers)
  }
}

function parse(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function algorithmOf(key: KeyObject, offered: readonly string[]): Algorithm | undefined {
  switch (key.asymmetricKeyType) {
    case 'rsa': {
      if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < LEAST_RSA) return undefined
      const pss = offered.includes('PS256') && !offered.includes('RS256')
      return { name: pss ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    }
    case 'ec': {
      const namedCurve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? '']
      return namedCurve === undefined ? undefined : { name: 'ECDSA', namedCurve }
    }
    case 'ed25519':
      return { name: 'Ed25519' }
    default:
      return undefined
  }
}

function unusable(why: string): HostError {
  return new HostError('usage', `that private key cannot be used: ${why}`)
}
