//! How figures move: around what the service usually takes, a little different each second.

use scope_core::{CompactString, Figures, Number};

use super::world::mix;

/// How busy something is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Per cent of a core.
    pub(crate) cpu: f64,
    pub(crate) mem_bytes: u64,
    /// Tells it from all others.
    pub(crate) seed: u64,
    /// Whether what counts failures stands still, as it does where all is well.
    pub(crate) well: bool,
}

impl Load {
    /// The load after `tick` seconds: it comes and goes over a minute or so, and never stands still.
    fn cpu(self, tick: u64) -> f64 {
        let period = 40.0 + (self.seed % 50) as f64;
        let wave = ((tick as f64 / period + (self.seed % 100) as f64 / 100.0) * std::f64::consts::TAU).sin();
        let noise = (mix(self.seed ^ tick) % 1000) as f64 / 1000.0;
        self.cpu * (0.8 + 0.4 * wave + 0.35 * noise) + 0.01
    }
}

fn hundredths(value: f64) -> Number {
    Number::from_f64((value * 100.0).round() / 100.0).expect("finite")
}

/// Figures as they are after `tick` seconds: all but limits and totals of a machine have moved.
pub(crate) fn moved(figures: &Figures, load: Load, tick: u64) -> Figures {
    let cpu = load.cpu(tick);
    let mut moved = Figures::with_capacity(figures.len());
    for (at, (name, was)) in figures.iter().enumerate() {
        let random = mix(load.seed.wrapping_mul(31) ^ tick << 8 ^ at as u64);
        let part = (random % 1000) as f64 / 1000.0;
        let mem = |share: f64| Number::from((load.mem_bytes as f64 * share * (1.0 + 0.02 * part)) as u64 / 4096 * 4096);
        let value = match name {
            "mem_total_bytes" | "swap_total_bytes" | "disk_total_bytes" => *was,
            _ if name.contains("limit") => *was,
            _ if load.well && ["errors", "oom", "throttled", "periods", "pressure_full"].iter().any(|word| name.contains(word)) => Number::from(0_u64),
            "cpu_pct" => hundredths(cpu),
            "cpu_user_pct" => hundredths(cpu * 0.7),
            "cpu_system_pct" => hundredths(cpu * 0.3),
            "load1" | "load5" | "load15" => hundredths(cpu / 100.0 + part),
            "mem_pct" => hundredths(50.0 + part),
            "disk_pct" => hundredths(40.0 + (load.seed % 30) as f64 + part),
            "disk_bytes" => Number::from(was.as_u64().unwrap_or(0) + tick * 40_960 + random % 9 * 4096),
            "mem_bytes" | "mem_usage_bytes" => mem(1.0),
            "mem_anon_bytes" => mem(0.8),
            "mem_cache_bytes" => mem(0.3),
            _ if name.ends_with("_pct") => hundredths(part * (cpu / 40.0).min(4.0) + 0.01),
            _ if name.ends_with("_us_total") => Number::from((cpu * 10_000.0) as u64 * tick + random % 5000),
            _ if name.ends_with("_bytes_total") => Number::from(((cpu + 1.0) * 9000.0) as u64 * tick + random % 5000),
            _ if name.ends_with("_total") => Number::from(tick * 7 + random % 5),
            _ if name.ends_with("bytes_per_sec") => Number::from(((cpu + 1.0) * 9000.0 * (0.8 + 0.4 * part)) as u64),
            _ if name.ends_with("_per_sec") => hundredths((cpu + 1.0) * (5.0 + part)),
            _ if name.ends_with("_bytes") => mem(1.2),
            _ => Number::from(was.as_u64().unwrap_or(0).clamp(1, 60) + random % 3),
        };
        moved.insert(CompactString::from(name), value);
    }
    moved
}
