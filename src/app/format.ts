/** Figures as a person reads them, in the language that is spoken. */
import type { LoadProgress } from '../client';
import type { AnswerStats } from './chats/types';
import { locale, wordsOf } from './strings';
import { units } from './strings/en/units';

const strings = wordsOf('units', units);

/** "23 tok/s · 0.4 s to first token · 412 tokens · 96 of the prompt cached · 71% drafted"; the last two where there is any. */
export function formatStats(stats: AnswerStats): string {
  const { decodeTokensPerSecond, timeToFirstTokenMs, completionTokens, cachedTokens = 0, acceptedTokens = 0 } = stats;
  // One token alone has no speed, nor has an answer that came in one piece.
  const rate = completionTokens > 1 && decodeTokensPerSecond > 0 ? formatRate(decodeTokensPerSecond) : '–';
  return [
    strings.rate({ rate }),
    strings.firstToken({ seconds: formatSeconds(timeToFirstTokenMs) }),
    strings.tokens({ tokens: completionTokens }),
    ...(cachedTokens > 0 ? [strings.cached({ tokens: cachedTokens })] : []),
    ...(acceptedTokens > 0 ? [strings.drafted({ share: formatShare(acceptedTokens / completionTokens) })] : []),
  ].join(' · ');
}

/** "4.2 of 12.5 MB". */
export function formatBytesOf(loadedBytes: number, totalBytes: number): string {
  const { unit, size } = unitOf(totalBytes);
  return strings.bytesOf({ loaded: figure(loadedBytes / size, 1), total: figure(totalBytes / size, 1), unit });
}

/** "12.5 MB". */
export function formatBytes(bytes: number): string {
  const { unit, size } = unitOf(bytes);
  return strings.bytes({ size: figure(bytes / size, 1), unit });
}

/** What is going on with the model, without its name: "downloading, 4.2 of 12.5 MB". */
export function formatProgress({ phase, loadedBytes, totalBytes }: LoadProgress): string {
  const words = strings.phases[phase];
  return totalBytes > 0 ? `${words}, ${formatBytesOf(loadedBytes, totalBytes)}` : words;
}

/** "71%", of a share from 0 to 1. */
export function formatShare(share: number): string {
  return share.toLocaleString(locale(), { style: 'percent', maximumFractionDigits: 0 });
}

function unitOf(bytes: number): { unit: string; size: number } {
  if (bytes >= 1e9) return { unit: 'GB', size: 1e9 };
  return bytes >= 1e5 || bytes === 0 ? { unit: 'MB', size: 1e6 } : { unit: 'kB', size: 1e3 };
}

/** "61", "4.2": tokens per second. */
export function formatRate(perSecond: number): string {
  return figure(perSecond, perSecond >= 10 ? 0 : 1);
}

/** "2.6". */
export function formatRatio(ratio: number): string {
  return figure(ratio, ratio < 10 ? 1 : 0);
}

/** Two digits below a tenth of a second, so that "0.04 s" is not "0.0 s". */
function formatSeconds(ms: number): string {
  const seconds = ms / 1000;
  return figure(seconds, seconds < 0.1 ? 2 : 1);
}

function figure(value: number, digits: number): string {
  return value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
