// Writes pptxgenjs.pptx of this folder: node make.js FILE, with pptxgenjs 4.0.1. All persons are invented.
const P = require("pptxgenjs");
const p = new P();
p.author = "Percy Clerk"; p.title = "Case conference";
let s = p.addSlide();
s.addText("Case: Ada Byron, MRN 100200", { x: 1, y: 1 });
s.addTable([["MRN", "Patient Name", "DOB"], ["100200", "Byron, Ada", "1955-12-10"], ["100201", "Hopper, Grace", "1946-12-09"]], { x: 1, y: 2 });
s.addNotes("Call Mary Shelley at 617-555-0101");
s = p.addSlide(); s.hidden = true;
s.addText("Hidden words about Grace Hopper", { x: 1, y: 1 });
s.addChart(p.ChartType.bar, [{ name: "Visits", labels: ["Ada", "Grace"], values: [3, 5] }], { x: 1, y: 2, w: 4, h: 3 });
p.writeFile({ fileName: process.argv[2] });
