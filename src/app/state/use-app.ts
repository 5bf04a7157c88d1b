/** How components read the store. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { present } from '../../lib/invariant';
import type { AppState, AppStore } from './store';

export const StoreContext = createContext<AppStore | null>(null);

/** A part of the state; the component renders again when that part changes. */
export function useApp<Part>(select: (state: AppState) => Part): Part {
  return useStore(present(useContext(StoreContext), 'the store'), select);
}
