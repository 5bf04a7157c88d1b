/** Whether the engine can guess ahead. Where it is false, the page does not speak of it, nor of draft models. */
export const SPECULATION: boolean = true;
