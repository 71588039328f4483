//! Settings of mtg-multi v1.15.0 (`MHSanaei`, d45b8a1; a superset of dolonet v1.11.0, 97a357d):
//! `internal/config/parse.go`; and of teleproxy 4.10.0 (f51ea09): `src/common/toml-config.c`.

/// Tables of mtg-multi.
pub(super) const MTG_MULTI: &[(&str, &str)] = &[
    (
        "",
        "debug=b allow-fallback-on-unknown-dc=b secret=s secrets=t ad-tag=s secret-ad-tags=t \
         secret-limits=t usage-state-file=s api-token=s bind-to=* proxy-protocol-listener=b \
         prefer-ip=s auto-update=b domain-fronting-port=i domain-fronting-ip=s \
         domain-fronting-proxy-protocol=b tolerate-time-skewness=s concurrency=i \
         public-ipv4=s public-ipv6=s domain-fronting=t defense=t network=t api-bind-to=s \
         throttle=t stats=t",
    ),
    ("secrets", "*=s"),
    ("secret-ad-tags", "*=s"),
    ("secret-limits", "*=t"),
    ("secret-limits.*", "quota=s quota-reset=s expires=s disabled=b"),
    ("domain-fronting", "host=s ip=s port=i proxy-protocol=b"),
    ("defense", "anti-replay=t blocklist=t allowlist=t doppelganger=t"),
    ("defense.anti-replay", "enabled=b max-size=s error-rate=f"),
    ("defense.blocklist", "enabled=b download-concurrency=i urls=a update-each=s"),
    ("defense.allowlist", "enabled=b download-concurrency=i urls=a update-each=s"),
    ("defense.doppelganger", "urls=a repeats-per-raid=i raid-each=s drs=b"),
    ("network", "timeout=t keep-alive=t doh-ip=s dns=s proxies=a tcp-not-sent-lowat=s"),
    ("network.timeout", "tcp=s http=s idle=s handshake=s"),
    ("network.keep-alive", "disabled=b idle=s interval=s count=i"),
    ("throttle", "max-connections=i check-interval=s"),
    ("stats", "statsd=t prometheus=t"),
    ("stats.statsd", "enabled=b address=s metric-prefix=s tag-format=s"),
    ("stats.prometheus", "enabled=b bind-to=s http-path=s metric-prefix=s"),
];

/// Tables of teleproxy.
pub(super) const TELEPROXY: &[(&str, &str)] = &[
    (
        "",
        "port=i stats_port=i workers=i max_connections=i bind=s ipv6=b maxconn=i user=s \
         direct=b proxy_tag=s domain=* http_stats=b stats_allow_net=a top_ips_per_secret=i \
         ip_blocklist=s ip_allowlist=s random_padding_only=b proxy_protocol=b \
         dc_probe_interval=i drain_timeout_secs=i socks5=s secret=a dc_override=a",
    ),
    ("secret", "key=s label=s limit=i quota=* rate_limit=* max_ips=i expires=*"),
    ("dc_override", "dc=i host=s port=i"),
];
