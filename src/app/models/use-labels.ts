/** Gives names to ids, and anew when somebody renames one. */
import { useApp } from '../state/use-app';
import { labelOf } from './names';

export function useLabels(): (modelId: string) => string {
  const names = useApp((state) => state.modelNames);
  return (modelId) => labelOf(names, modelId);
}
