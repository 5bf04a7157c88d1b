/** The body of `POST /v1/chat/completions`, read into what the engine is asked. */
import * as v from 'valibot';
import type { ChatMessage } from '../../protocol/generation';
import { invalid } from './api-error';
import {
  boolean,
  integer,
  readFields,
  refuseImpossible,
  sharedFields,
  toOptions,
  toStream,
  type AskedAnswers,
  type Impossible,
} from './request-fields';
import { responseFormat, toGrammar } from './response-format';

const content = v.lazy((value) =>
  Array.isArray(value)
    ? v.array(v.looseObject({ type: v.string('the name of a kind of content') }, 'an object with a "type"'))
    : v.nullish(v.string('a string or a list of text parts')),
);

const message = v.object(
  {
    role: v.picklist(
      ['system', 'developer', 'user', 'assistant', 'tool', 'function'],
      '"system", "developer", "user" or "assistant"',
    ),
    content: v.optional(content),
    tool_calls: v.optional(v.unknown()),
  },
  'an object with "role" and "content"',
);

const chatBody = v.object({
  ...sharedFields,
  messages: v.pipe(v.array(message, 'a list of messages'), v.minLength(1, 'at least one message')),
  max_completion_tokens: v.nullish(integer(1)),
  response_format: v.nullish(responseFormat),
  logprobs: v.nullish(boolean()),
  top_logprobs: v.nullish(integer(0, 20)),
});

type Message = v.InferOutput<typeof message>;

const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;
const never = () => false;

const IMPOSSIBLE: Record<string, Impossible> = {
  tools: { harmless: isEmptyList, reason: 'Tools are not supported yet; expected a request without "tools".' },
  tool_choice: {
    harmless: (value) => value === 'none' || value === 'auto',
    reason: 'Tools are not supported yet; expected "none", "auto" or no "tool_choice".',
  },
  functions: {
    harmless: isEmptyList,
    reason: 'Functions are not supported yet; expected a request without "functions".',
  },
  modalities: {
    harmless: (value) => Array.isArray(value) && value.every((modality) => modality === 'text'),
    reason: 'Models here write text only; expected ["text"].',
  },
  audio: { harmless: never, reason: 'Models here do not speak; expected a request without "audio".' },
  web_search_options: { harmless: never, reason: 'Nothing here searches the web; expected no "web_search_options".' },
};

/** @throws ApiError 400 naming the field. */
export function readChatRequest(body: Record<string, unknown>): AskedAnswers {
  refuseImpossible(IMPOSSIBLE, body);
  const fields = readFields(chatBody, body);
  const { logprobs, top_logprobs, max_completion_tokens } = fields;
  const grammar = toGrammar(fields.response_format ?? { type: 'text' });
  if (top_logprobs != null && !logprobs) {
    throw invalid(
      'top_logprobs',
      '"top_logprobs" is there, but "logprobs" is not true. Set it, or leave this one out.',
    );
  }
  return {
    model: fields.model,
    prompts: [{ kind: 'chat', messages: fields.messages.map(toMessage) }],
    n: fields.n ?? 1,
    options: {
      ...toOptions(fields),
      ...(max_completion_tokens != null && { maxTokens: max_completion_tokens }),
      ...(logprobs && { logprobs: top_logprobs ?? 0 }),
      ...(grammar && { grammar }),
    },
    stream: toStream(fields),
  };
}

function toMessage({ role, content, tool_calls }: Message, index: number): ChatMessage {
  const param = `messages[${index}]`;
  if (role === 'tool' || role === 'function') {
    throw invalid(
      `${param}.role`,
      `Tools are not supported yet; expected no message of the role "${role}".`,
      UNSUPPORTED,
    );
  }
  if (tool_calls != null && !isEmptyList(tool_calls)) {
    throw invalid(`${param}.tool_calls`, 'Tools are not supported yet; expected no "tool_calls".', UNSUPPORTED);
  }
  return { role: role === 'developer' ? 'system' : role, content: toText(content, role, `${param}.content`) };
}

/** Text parts become one text. An assistant may have said nothing. */
function toText(content: Message['content'], role: string, param: string): string {
  if (typeof content === 'string') return content;
  if (content == null) {
    if (role === 'assistant') return '';
    throw invalid(
      param,
      `"${param}" is missing; expected a string or a list of text parts.`,
      'missing_required_parameter',
    );
  }
  return content
    .map((part, i) => {
      const text = part.type === 'text' ? part['text'] : part.type === 'refusal' ? part['refusal'] : undefined;
      if (typeof text === 'string') return text;
      const found = part.type === 'text' || part.type === 'refusal' ? 'without a text' : `of the type "${part.type}"`;
      throw invalid(`${param}[${i}]`, `"${param}[${i}]" is a part ${found}; models here read text only.`, UNSUPPORTED);
    })
    .join('');
}

const UNSUPPORTED = 'unsupported_value';
