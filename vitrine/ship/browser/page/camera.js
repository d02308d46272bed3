// A photo from the camera at the back of a phone, not mirrored: what the model was trained on.

// Calls onPhoto with a file. Returns false where the browser gives no camera, or the person does not allow it.
export async function openCamera(panel, video, onPhoto) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    return false;
  }
  const take = panel.querySelector("#take");
  const close = () => {
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
    panel.hidden = true;
  };
  panel.querySelector("#cancel").onclick = close;
  take.onclick = async () => {
    const photo = await takePhoto(video);
    close();
    onPhoto(photo);
  };
  take.disabled = true; // until there is something to see
  video.srcObject = stream;
  panel.hidden = false;
  await video.play();
  take.disabled = false;
  take.focus();
  return true;
}

async function takePhoto(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  const content = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return new File([content], "camera.png", { type: "image/png" });
}
