import { expect, it } from 'vitest';
import { resolveOptions } from '../../engine/options';
import { readField, readStops, samplingFields, withField } from './sampling-fields';

const field = (key: string) => samplingFields.find((one) => one.key === key)!;

it('reads numbers within the bounds, and says what is none', () => {
  expect(readField(field('temperature'), '0.7')).toBe(0.7);
  expect(readField(field('temperature'), '0,7')).toBe(0.7);
  expect(readField(field('temperature'), ' ')).toBeNull();
  expect(readField(field('temperature'), '-1')).toBe('wrong');
  expect(readField(field('topK'), '2.5')).toBe('wrong');
  expect(readField(field('maxTokens'), '0')).toBe('wrong');
  expect(readField(field('seed'), 'abc')).toBe('wrong');
});

it('allows nothing that the engine refuses', () => {
  for (const { key, min, max, whole } of samplingFields) {
    for (const value of [min, Number.isFinite(max) ? max : 2 ** 31, whole ? min + 1 : (min + Math.min(max, 1)) / 2])
      expect(() => resolveOptions({}, { [key]: value }, 100), `${key} ${value}`).not.toThrow();
  }
});

it('sets one option and leaves it to the model again', () => {
  const set = withField({ topK: 3 }, 'temperature', 0);
  expect(set).toEqual({ topK: 3, temperature: 0 });
  expect(withField(set, 'temperature', null)).toEqual({ topK: 3 });
});

it('reads stop strings line by line, as they are', () => {
  expect(readStops('###\n\n User:\n###')).toEqual(['###', ' User:']);
  expect(readStops('\n')).toBeUndefined();
  expect(() => resolveOptions({}, { stop: readStops('a\nb') }, 100)).not.toThrow();
});
