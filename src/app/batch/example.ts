/** A small file to try the page with, of a kind that the tiny model can answer. */
import { readPrompts } from './read-prompts';
import { placeholder } from './template';
import type { PromptFile } from './types';

const CSV = `animal,place
dog,in the park
cat,at home
bird,in a tree
fish,in the pond
rabbit,in the garden
bear,in the forest
duck,by the lake
mouse,in the kitchen
frog,by the river
horse,on the farm
bunny,on the hill
puppy,at the beach
`;

export const exampleTemplate = `Tell me a story about a ${placeholder('animal')} ${placeholder('place')}.`;

export function exampleFile(): PromptFile {
  return readPrompts('animals.csv', CSV, 'csv');
}
