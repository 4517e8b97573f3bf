// Preloaded (node --import) into the built program: at each SIGUSR2 its clock is set by SHIFT milliseconds, as an administrator or a
// time server would; timers go on as they are.
const { now } = Date
let shift = 0
globalThis.Date = class extends Date {
  constructor(...args) {
    super(...(args.length === 0 ? [now() + shift] : args))
  }
  static now = () => now() + shift
}
process.on('SIGUSR2', () => {
  shift += Number(process.env.SHIFT)
})
