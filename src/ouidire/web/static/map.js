// The map of places, for who has script: the list beside it says all that it shows. And what helps to fill in a place.
"use strict";
(() => {
  const box = document.getElementById("map");
  if (!box || !window.L) return;
  const said = box.dataset;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const text = (response) => { if (!response.ok) throw new Error(response.status); return response.text(); };
  const plain = (words) => { const p = document.createElement("p"); p.textContent = words; return p.innerHTML; };

  box.closest("section").hidden = false;
  const map = L.map(box, {
    zoomControl: false, attributionControl: false, minZoom: 1, maxZoom: said.tiles ? 19 : 13, scrollWheelZoom: false,
    worldCopyJump: true, zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still, inertia: !still,
  }).setView([46.6, 2.4], 5);
  L.control.zoom({ zoomInTitle: said.zoomIn, zoomOutTitle: said.zoomOut }).addTo(map);
  map.on("focus click", () => map.scrollWheelZoom.enable());  // before, the wheel moves the page
  map.on("blur", () => map.scrollWheelZoom.disable());

  // -- the base: own tiles where they are set, else coasts, borders and towns that lie in the house ------------------
  const coast = (found) => {
    const { scale: [sx, sy], translate: [tx, ty] } = found.transform;
    const arcs = found.arcs.map((flat) => {
      const points = [];
      for (let i = 0, x = 0, y = 0; i < flat.length; i += 2) {
        x += flat[i]; y += flat[i + 1];
        points.push([y * sy + ty, x * sx + tx]);
      }
      return points;
    });
    const ring = (numbers) => numbers.flatMap((n, at) => {
      const points = n < 0 ? [...arcs[~n]].reverse() : arcs[n];
      return at ? points.slice(1) : points;
    });
    const renderer = L.canvas({ padding: .4 });
    const land = found.land.map((polygon) => polygon.map(ring));
    L.polygon(land, { renderer, interactive: false, fillColor: colour("--card"), fillOpacity: 1, color: colour("--edge"), weight: .75 }).addTo(map);
    L.polyline(found.borders.map((n) => arcs[n]), { renderer, interactive: false, color: colour("--edge"), weight: .75, dashArray: "3 3" }).addTo(map);
  };

  const Towns = L.Layer.extend({
    initialize(list) { this.list = list; },
    onAdd(on) {
      on.createPane("towns").classList.add("towns");
      this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide", on.getPane("towns"));
      on.on("moveend zoomend resize", this.draw, this);
      this.draw();
    },
    draw() {
      const size = map.getSize(), sharp = devicePixelRatio || 1, at = map.getBounds(), zoom = map.getZoom();
      this.canvas.width = size.x * sharp; this.canvas.height = size.y * sharp;
      this.canvas.style.width = `${size.x}px`; this.canvas.style.height = `${size.y}px`;
      L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
      const pen = this.canvas.getContext("2d");
      pen.scale(sharp, sharp);
      pen.font = `12px ${getComputedStyle(box).fontFamily}`;
      pen.textBaseline = "middle"; pen.lineWidth = 3; pen.lineJoin = "round";
      const [ink, halo] = [colour("--soft"), colour("--card")];
      const taken = [];
      let left = Math.round(size.x * size.y / 7000);
      for (const [name, lat, lon] of this.list) {
        if (!left || zoom < 3) break;
        if (lat < at.getSouth() || lat > at.getNorth() || lon < at.getWest() || lon > at.getEast()) continue;
        const { x, y } = map.latLngToContainerPoint([lat, lon]), wide = pen.measureText(name).width + 12;
        if (taken.some(([l, t, r, b]) => x - 4 < r && x + wide > l && y - 9 < b && y + 9 > t)) continue;
        taken.push([x - 4, y - 9, x + wide, y + 9]);
        left -= 1;
        pen.fillStyle = pen.strokeStyle = halo; pen.strokeText(name, x + 6, y);
        pen.fillStyle = ink; pen.fillText(name, x + 6, y);
        pen.beginPath(); pen.arc(x, y, 2.5, 0, 7); pen.fill();
      }
    },
  });

  if (said.tiles) {
    L.control.attribution({ prefix: false }).addTo(map);
    L.tileLayer(said.tiles, { attribution: plain(said.attribution), maxZoom: 19 }).addTo(map);
  } else {
    fetch(said.coast).then(text).then((found) => coast(JSON.parse(found))).catch(() => {});
    fetch(said.towns).then(text).then((found) => {
      const list = found.split("\n").map((line) => line.split(";")).map(([name, lat, lon]) => [name, lat / 1000, lon / 1000]);
      new Towns(list).addTo(map);
    }).catch(() => {});
  }

  // -- the places: those that would lie on each other are one mark with their number -------------------------------
  const ORDER = ["needs", "unknown", "handled", "calm"];
  const mark = (state, number) => {
    const made = document.querySelector(`template[data-mark="${state}"]`).content.firstElementChild.cloneNode(true);
    if (number > 1) {
      const count = document.createElement("span");
      count.textContent = number;
      made.append(count);
    }
    return L.divIcon({ className: "mark-icon", html: made, iconSize: [44, 44], iconAnchor: [22, 22] });
  };
  const about = (place) => {
    const made = document.createElement("div"), name = document.createElement("strong"), lines = document.createElement("p");
    name.textContent = place.name;
    lines.textContent = [place.words, place.door].filter(Boolean).join(" · ");
    made.append(name, lines);
    const listed = document.getElementById(`place-${place.id}`);
    const link = document.createElement("a");
    link.href = listed ? `#place-${place.id}` : place.href;
    link.textContent = listed ? said.to : said.said;
    link.addEventListener("click", () => setTimeout(() => listed?.focus()));
    made.append(link);
    return made;
  };
  const marks = L.layerGroup().addTo(map);
  const draw = (places) => {
    marks.clearLayers();
    const groups = new Map();
    for (const place of places) {
      const { x, y } = map.project([place.lat, place.lon]);
      const key = `${Math.floor(x / 46)}:${Math.floor(y / 46)}`;
      groups.set(key, [...(groups.get(key) || []), place]);
    }
    for (const group of groups.values()) {
      const state = ORDER.find((one) => group.some((place) => place.state === one));
      const words = group.length > 1 ? said.several.replace("%(n)s", group.length) : `${group[0].name}: ${group[0].words}`;
      const middle = [group.reduce((n, p) => n + p.lat, 0) / group.length, group.reduce((n, p) => n + p.lon, 0) / group.length];
      const one = L.marker(middle, { icon: mark(state, group.length), title: words, keyboard: true, riseOnHover: true });
      one.addTo(marks).getElement().setAttribute("aria-label", words);
      if (group.length === 1 || map.getZoom() === map.getMaxZoom()) {
        const content = document.createElement("div");
        content.append(...group.slice(0, 12).map(about));
        one.bindPopup(content, { maxWidth: 260 });
      } else {
        const closer = () => map.fitBounds(L.latLngBounds(group.map((p) => [p.lat, p.lon])).pad(.3), { maxZoom: map.getZoom() + 4 });
        one.on("click", closer).on("keypress", (event) => { if (event.originalEvent.key === "Enter") closer(); });
      }
    }
  };
  if (said.places) {
    fetch(said.places).then(text).then((found) => {
      const { places } = JSON.parse(found);
      if (!places.length) return;
      map.fitBounds(L.latLngBounds(places.map((p) => [p.lat, p.lon])).pad(.2), { maxZoom: said.tiles ? 15 : 10, animate: false });
      draw(places);
      map.on("zoomend", () => draw(places));
      box.dataset.drawn = places.length;
    }).catch(() => {});
  }

  // -- the form of a place: a click sets where it is, a town brings its middle and its clock -----------------------
  if (!("pick" in said)) return;
  const form = document.getElementById("place-form"), [lat, lon] = [form.lat, form.lon];
  let pin = null;
  const show = (move) => {
    const at = [Number(lat.value.replace(",", ".")), Number(lon.value.replace(",", "."))];
    if (!lat.value || !lon.value || !at.every(Number.isFinite) || Math.abs(at[0]) > 90) return;
    if (!pin) {
      pin = L.marker(at, { icon: mark("pin", 1), draggable: true, keyboard: false }).addTo(map);
      pin.on("dragend", () => set(pin.getLatLng(), false));
    }
    pin.setLatLng(at);
    if (move) map.setView(at, Math.max(map.getZoom(), said.tiles ? 15 : 10), { animate: false });
  };
  const set = (at, move) => {
    lat.value = at.lat.toFixed(5);
    lon.value = L.Util.wrapNum(at.lng, [-180, 180], true).toFixed(5);
    show(move);
  };
  map.on("click", (event) => set(event.latlng, false));
  for (const one of [lat, lon]) one.addEventListener("change", () => show(true));
  show(true);

  const told = document.getElementById("town-said");
  const town = () => {
    const asked = new URLSearchParams({ town: form.town.value, postcode: form.postcode.value, country: form.country.value });
    fetch(`/places/town?${asked}`).then(text).then((answer) => {
      const found = JSON.parse(answer), clock = form.time_zone;
      if (found.at && !pin) map.setView(found.at, 10, { animate: false });
      told.textContent = found.clock ? told.dataset.words.replace("%(clock)s", found.clock) : "";
      if (!found.zone) return;
      if (![...clock.options].some((one) => one.value === found.zone)) clock.add(new Option(found.zone.split("/").pop().replaceAll("_", " "), found.zone));
      clock.value = found.zone;
      box.dataset.town = found.name;
    }).catch(() => {});
  };
  for (const one of [form.town, form.postcode, form.country]) one.addEventListener("change", town);

  const copy = document.querySelector("[data-copy-monday]");
  copy.hidden = false;
  copy.addEventListener("click", () => {
    for (const day of [1, 2, 3, 4]) for (const part of ["o1", "c1", "o2", "c2"]) form[`h-${day}-${part}`].value = form[`h-0-${part}`].value;
  });
})();
