const SHOWN_MS = 3000;

/** As fetch. A stream does not end by itself: what comes of it within a few seconds is taken for its whole. */
export async function fetchForAWhile(url: string, request: RequestInit): Promise<Response> {
  const response = await fetch(url, request);
  const streams = response.headers.get('Content-Type')?.startsWith('text/event-stream') ?? false;
  if (!streams || !response.body) return response;
  const reader = response.body.getReader();
  const end = setTimeout(() => void reader.cancel(), SHOWN_MS);
  const decoder = new TextDecoder();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true });
  }
  clearTimeout(end);
  const { status, statusText, headers } = response;
  return new Response(text, { status, statusText, headers });
}
