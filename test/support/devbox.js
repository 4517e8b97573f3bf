// Loaded into the program ahead of its own code: its machine is called `devbox`, whatever the real one is called.
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'

os.hostname = () => 'devbox'
syncBuiltinESMExports()
