// test/wheels/pygame/setup.mjs: no screen and no sound card are needed, nor the greeting.

export function start() {
  const env = {
    SDL_VIDEODRIVER: "dummy",
    SDL_AUDIODRIVER: "dummy",
    PYGAME_HIDE_SUPPORT_PROMPT: "1",
  };
  return { env };
}
