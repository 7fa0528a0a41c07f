// Pan and zoom of one svg: drag, wheel, two fingers, + and - and 0.
class Camera {
  constructor(svg, inner, changed) {
    Object.assign(this, { svg, inner, changed, x: 0, y: 0, scale: 1, fingers: new Map(), moved: 0 });
    svg.addEventListener(
      "wheel",
      (e) => {
        e.preventDefault();
        const box = svg.getBoundingClientRect();
        this.zoom(Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0015)), e.clientX - box.left, e.clientY - box.top);
      },
      { passive: false },
    );
    svg.addEventListener("pointerdown", (e) => {
      this.fingers.set(e.pointerId, e);
      this.moved = 0;
    });
    svg.addEventListener("pointermove", (e) => this.drag(e));
    for (const end of ["pointerup", "pointercancel", "pointerleave"])
      svg.addEventListener(end, (e) => {
        this.fingers.delete(e.pointerId);
        svg.classList.remove("dragged");
      });
  }
  drag(e) {
    const before = this.fingers.get(e.pointerId);
    if (!before) return;
    const others = [...this.fingers.values()].filter((f) => f.pointerId !== e.pointerId);
    if (others.length === 1) {
      const [other] = others,
        box = this.svg.getBoundingClientRect();
      const apart = (f) => Math.hypot(f.clientX - other.clientX, f.clientY - other.clientY);
      this.zoom(
        apart(e) / Math.max(apart(before), 1),
        (e.clientX + other.clientX) / 2 - box.left,
        (e.clientY + other.clientY) / 2 - box.top,
      );
    } else if (others.length === 0) {
      this.x += e.clientX - before.clientX;
      this.y += e.clientY - before.clientY;
      this.moved += Math.abs(e.clientX - before.clientX) + Math.abs(e.clientY - before.clientY);
      if (this.moved > 4) this.svg.classList.add("dragged");
      this.set();
    }
    this.fingers.set(e.pointerId, e);
  }
  zoom(factor, x, y) {
    const scale = Math.min(3, Math.max(0.02, this.scale * factor));
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.set();
  }
  set() {
    this.inner.setAttribute(
      "transform",
      `translate(${this.x.toFixed(1)} ${this.y.toFixed(1)}) scale(${this.scale.toFixed(4)})`,
    );
    this.svg.classList.toggle("far", this.scale < FAR);
    this.svg.classList.toggle("farther", this.scale < 0.2);
    if (this.scale !== this.told) {
      this.told = this.scale;
      this.changed();
    }
  }
  // Shows this part of the map, as large as it fits but not larger than life.
  look(x, y, width, height, most) {
    const box = this.svg.getBoundingClientRect();
    if (!box.width || !box.height) return;
    const edge = 16,
      foot = 58; // the buttons stand at the foot
    const fit = (head) =>
      Math.min(most, (box.width - 2 * edge) / width, Math.max(40, box.height - head - foot) / height);
    let head = edge;
    this.scale = fit(head);
    if (this.scale < FAR) this.scale = fit((head = 40)); // what is written above
    const spare = box.width - width * this.scale;
    this.x = Math.max(spare / 2, Math.min(spare - edge, 190)) - x * this.scale; // and at the left
    this.y = head + (box.height - head - foot - height * this.scale) / 2 - y * this.scale;
    this.set();
    this.changed();
  }
  sees(x, y, width, height, far) {
    const box = this.svg.getBoundingClientRect(),
      left = x * this.scale + this.x,
      top = y * this.scale + this.y;
    return (
      (far || this.scale >= 0.38) &&
      left >= 0 &&
      top >= 0 &&
      left + width * this.scale <= box.width &&
      top + height * this.scale <= box.height
    );
  }
}
