/** Where the focus goes when what had it has gone: to the place where one writes. */
export function focusComposer(): void {
  document.querySelector<HTMLElement>('.composer textarea')?.focus();
}
