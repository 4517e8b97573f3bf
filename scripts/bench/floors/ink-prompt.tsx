// What Ink itself allows: an input line and nothing else, bundled as the program is. No runtime, no model.
import { Box, render, Text, useInput } from 'ink'
import { useState } from 'react'

function Prompt() {
  const [text, setText] = useState('')
  useInput((input, key) =>
    setText(before => (key.backspace || key.delete ? before.slice(0, -1) : before + input)),
  )
  return (
    <Box>
      <Text color="cyan">{'› '}</Text>
      <Text>{text}</Text>
    </Box>
  )
}

render(<Prompt />)
