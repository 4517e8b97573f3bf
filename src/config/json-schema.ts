import { ALL, ALL_OF_SERVER, type Setting } from './setting.ts'

/** The JSON Schema of a configuration file, for editors: `docs/config.schema.json`, and `copilot-host config schema`. */
export function jsonSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of copilot-host',
    ...objectOf(ALL, {
      $schema: { type: 'string' },
      servers: {
        description: 'what is set for one MCP server, by its name',
        type: 'object',
        propertyNames: { minLength: 1, maxLength: 64 },
        additionalProperties: objectOf(ALL_OF_SERVER),
      },
    }),
  }
}

function objectOf(settings: readonly Setting<unknown>[], others: Record<string, unknown> = {}) {
  const properties = settings.map(({ key, about, json, preset }) => {
    const described = { description: about.replaceAll('`', ''), ...json }
    return [key, preset === undefined ? described : { ...described, default: preset }]
  })
  return {
    type: 'object',
    properties: { ...others, ...Object.fromEntries(properties) },
    additionalProperties: false,
  }
}
