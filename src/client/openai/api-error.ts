/**
 * Failures as OpenAI's API tells them: an HTTP status and `{ error: { message, type, param, code } }`. Inside the handler they
 * are thrown as `ApiError`; none leaves it as anything but a response or an event of a stream.
 */
import { toHearthError, type ErrorCode } from '../../lib/errors';

/** The body of every failed request. */
export interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string };
}

export interface ApiErrorFields {
  status: number;
  /** The field of the request that is to blame, e.g. "messages[0].content"; null where none is. */
  param?: string | null;
  /** For programs to branch on, e.g. "model_not_found". */
  code: string;
  headers?: Record<string, string>;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';

  /** @param message what was found, what was expected, and what to do. */
  constructor(
    message: string,
    readonly fields: ApiErrorFields,
  ) {
    super(message);
  }

  get body(): ErrorBody {
    const { status, param = null, code } = this.fields;
    return { error: { message: this.message, type: typeOf(status), param, code } };
  }
}

export function toResponse({ body, fields: { status, headers } }: ApiError): Response {
  return Response.json(body, { status, headers });
}

/** @param param the field, as a path. */
export function invalid(param: string, message: string, code = 'invalid_value'): ApiError {
  return new ApiError(message, { status: 400, param, code });
}

/** Which status says that it failed for this reason. Clients ask again after 429, 502 and 503 by themselves. */
const STATUS: Record<ErrorCode, number> = {
  'webgpu-unavailable': 503,
  'insecure-context': 503,
  'adapter-too-small': 503,
  'device-lost': 503,
  'out-of-memory': 503,
  network: 502,
  'not-found': 404,
  'bad-file': 400,
  'unsupported-model': 400,
  'weights-corrupt': 500,
  'storage-full': 507,
  'context-overflow': 400,
  'bad-grammar': 400,
  'engine-elsewhere': 503,
  'engine-taken': 503,
  'bad-request': 400,
  refused: 403,
  'rate-limited': 429,
  aborted: 499,
  internal: 500,
};

/** Asking the same again ends the same way, as long as nobody does something about it. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'webgpu-unavailable',
  'insecure-context',
  'adapter-too-small',
  'storage-full',
  'engine-elsewhere',
  'engine-taken',
]);

/** The codes that OpenAI has names of its own for. */
const CODE: Partial<Record<ErrorCode, string>> = {
  'context-overflow': 'context_length_exceeded',
  'bad-grammar': 'invalid_value',
  'bad-request': 'invalid_value',
  refused: 'permission_denied',
  'rate-limited': 'rate_limit_exceeded',
};

/**
 * Anything thrown, as an answer to a request.
 * @param blamed the field to name where the request is to blame.
 */
export function toApiError(error: unknown, blamed: string | null): ApiError {
  if (error instanceof ApiError) return error;
  const { code, message, hint } = toHearthError(error);
  const status = STATUS[code];
  return new ApiError(`${message} ${hint}`, {
    status,
    param: code === 'bad-grammar' ? 'response_format' : status === 400 || status === 404 ? blamed : null,
    code: CODE[code] ?? code.replaceAll('-', '_'),
    headers: FINAL.has(code) ? NO_RETRY : undefined,
  });
}

/** Why a model cannot be had: a name that leads nowhere is `model_not_found`. */
export function toModelError(error: unknown): ApiError {
  const { code, message, hint } = toHearthError(error);
  if (code !== 'bad-request' && code !== 'not-found') return toApiError(error, 'model');
  return new ApiError(`${message} ${hint}`, { status: 404, param: 'model', code: 'model_not_found' });
}

/** Keeps the `openai` SDK from asking again, which it otherwise does after every status from 500 on. */
export const NO_RETRY = { 'x-should-retry': 'false' };

function typeOf(status: number): string {
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
