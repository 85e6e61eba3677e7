"""More shapes for gen_scenarios.py --shapes: other bucket layouts, latencies, plans and effects."""


def S(**k):
    return k


STEPS = [(2, 600), (10, 600), (20, 600), (40, 600)]
SHAPES = [
    S(n="aa_fine", le="fine", lat="gamma"),
    S(n="aa_coarse", le="coarse", lat="weibull"),
    S(n="aa_bimodal", lat="bimodal"),
    S(n="aa_heavy", heavy=True),
    S(n="aa_square", diurnal=0.5, load="square"),
    S(n="aa_stale", stale=True),
    S(n="aa_pods", pods=(3, 6), podsd=0.15, rps=300),
    S(n="aa_rare", p=0.0003, rps=200),
    S(n="aa_highrate", p=0.3, rps=50),
    S(n="aa_better", better="error", r=0.4),
    S(n="aa_burst8", burst=8),
    S(n="ab_coarse_lat_50", e="latency", r=1.5, le="coarse", lat="weibull"),
    S(n="ab_bimodal_lat_30", e="latency", r=1.3, lat="bimodal"),
    S(n="ab_fine_tail", e="latency", tail=0.03, le="fine", lat="gamma"),
    S(n="ab_onoff", e="error", r=4, shape="onoff"),
    S(n="ab_at_weight", e="error", r=4, shape="at_weight"),
    S(n="ab_ramp", e="error", r=4, shape="ramp"),
    S(n="ab_highrate_x1.3", e="error", p=0.3, r=1.3, rps=50),
    S(n="ab_rare_x8", e="error", p=0.0003, r=8, rps=200),
    S(n="ab_cpu_heavy", e="cpu", r=1.4, heavy=True),
    S(n="ab_both", e="error", r=3, also_lat=1.3),
    S(n="ab_pods_x2", e="error", r=2, pods=(3, 6), podsd=0.05, rps=300),
]
