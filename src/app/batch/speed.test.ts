import { expect, it } from 'vitest';
import { createSpeedometer } from './speed';

it('tells the speed of the last seconds, and the time left by the rows that have ended', () => {
  let ms = 1000;
  const speedometer = createSpeedometer(() => ms);
  ms += 100;
  speedometer.addTokens(50);
  expect(speedometer.read(0, 10)).toEqual({ tokensPerSecond: null, secondsLeft: null });
  ms += 900;
  speedometer.addTokens(50);
  expect(speedometer.read(2, 8)).toEqual({ tokensPerSecond: 100, secondsLeft: 4 });
  ms += 9000;
  speedometer.addTokens(90);
  expect(speedometer.read(5, 5)).toEqual({ tokensPerSecond: 10, secondsLeft: 10 });
  expect(speedometer.total()).toEqual({ tokens: 190, seconds: 10 });
});
