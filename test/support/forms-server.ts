import { McpServer } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'

/** A picture of one red dot. */
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC'

/** An MCP server on this machine whose tools ask the person: by a form, and by an address to open; one draws. */
const server = new McpServer({ name: 'forms', version: '1.0.0' })

server.registerTool('order', { description: 'Orders a shirt.' }, async context => {
  const result = await context.mcpReq.elicitInput({
    mode: 'form',
    message: 'Which shirt shall it be?',
    requestedSchema: {
      type: 'object',
      properties: {
        name: { type: 'string', title: 'Your name', minLength: 2 },
        size: { type: 'integer', minimum: 1, maximum: 60 },
        colour: { type: 'string', enum: ['red', 'blue'], default: 'blue' },
        gift: { type: 'boolean', title: 'As a gift' },
      },
      required: ['name', 'colour'],
    },
  })
  return { content: [{ type: 'text', text: `The form was: ${JSON.stringify(result)}` }] }
})

server.registerTool('pay', { description: 'Pays for it.' }, async context => {
  const address = process.env.PAY_AT ?? 'https://pay.example/1'
  const result = await context.mcpReq.elicitInput({
    mode: 'url',
    message: 'Please pay there.',
    url: address,
    elicitationId: '1',
  })
  return { content: [{ type: 'text', text: `The payment was: ${JSON.stringify(result)}` }] }
})

server.registerTool('draw', { description: 'Draws a shirt.' }, async () => ({
  content: [
    { type: 'text', text: 'Here it is:' },
    { type: 'image', data: DOT, mimeType: 'image/png' },
    {
      type: 'resource',
      resource: { uri: 'shirt://1', mimeType: 'application/pdf', blob: 'JVBERi0x'.repeat(500) },
    },
  ],
}))

await server.connect(new StdioServerTransport())
