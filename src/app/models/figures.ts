/** Figures of models in words. */
import { formatRate } from '../format';
import { locale } from '../strings';
import { strings } from './offer-strings';

/** "1.7 billion", "135 million". */
export function sayCount(parameterCount: number): string {
  const count = (of: number) => (parameterCount / of).toLocaleString(locale(), { maximumSignificantDigits: 2 });
  return parameterCount < 995e6 ? strings.millions({ count: count(1e6) }) : strings.billions({ count: count(1e9) });
}

/** "about 40 tok/s"; more digits than two would claim what nobody knows. */
export function saySpeed(tokensPerSecond: number): string {
  return strings.tokensASecond({ rate: formatRate(Number(tokensPerSecond.toPrecision(2))) });
}
