// What a chat needs as soon as its prompt is there, and not before: loaded as a whole.
export { createChatSession, PAST } from './chat-session.ts'
export { chooseSession } from './choose-session.ts'
export { createEngine } from './engine.ts'
export { openSession, pickSession } from './pick-session.ts'
export { createSlash } from './slash.ts'
export { openStores } from './stores.ts'
