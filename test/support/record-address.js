// A browser that only notes where it was led: `BROWSER="node record-address.js <file> %s"`.
import { appendFileSync } from 'node:fs'

const [file, address] = process.argv.slice(2)
appendFileSync(file, `${address}\n`)
