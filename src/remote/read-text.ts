/** Bodies of servers elsewhere, none of which is read to an end that its server alone decides. */

/**
 * The text of a body, and no more of it than `maxBytes`: what comes after is neither awaited nor fetched.
 * @throws whatever the connection does when it breaks off.
 */
export async function readText(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let text = '';
  for (let bytesLeft = maxBytes; reader && bytesLeft > 0;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value.subarray(0, bytesLeft), { stream: true });
    bytesLeft -= value.length;
  }
  await reader?.cancel();
  return text;
}
