// Preloaded (node --import) into the built program: at SIGUSR2 it breaks as BREAKS says. The program knows nothing of it.
const SECRET = 'ghp_pl4ntedS3cretOfThisTest0123456789'
const fault = () => new Error(`\u001b[2Jbroken with token=${SECRET} in it`)
const breaks = {
  timer: () =>
    setTimeout(() => {
      throw fault()
    }),
  rejection: () => void Promise.reject(fault()),
  'no error': () => void Promise.reject('only a text'),
  // What is drawn is cut into the characters that a person sees.
  component: () => {
    Intl.Segmenter.prototype.segment = () => {
      throw fault()
    }
    process.stdout.emit('resize')
  },
  // The next event of the runtime, whatever it is.
  event: () => {
    const parse = JSON.parse
    JSON.parse = (...args) => {
      const value = parse(...args)
      setImmediate(() => {
        throw fault()
      })
      return value
    }
  },
  keys: () =>
    process.stdin.prependListener('data', () => {
      throw fault()
    }),
}
process.on('SIGUSR2', () => breaks[process.env.BREAKS]?.())
