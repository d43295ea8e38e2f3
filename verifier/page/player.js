// Plays the proven part of a clip, and nothing else of the file: a file put together of the ranges that were verified.
"use strict";

const player = (() => {
  const made = (blob, { init, fragments }) =>
    new Blob([init, ...fragments].map(({ from, to }) => blob.slice(from, to)), { type: "video/mp4" });

  // A <video> on the clip's own time line; it begins where the pictures do.
  const of = (blob, parts, showTime, showFault) => {
    const video = document.createElement("video"), first = parts.fragments[0].tick / 90000;
    Object.assign(video, { controls: true, playsInline: true, preload: "metadata", src: URL.createObjectURL(made(blob, parts)) });
    video.onloadedmetadata = () => { video.currentTime = first; };
    video.ontimeupdate = () => showTime(video.currentTime);
    video.onerror = showFault;
    return video;
  };

  return { of };
})();
