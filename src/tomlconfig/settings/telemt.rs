//! Settings of telemt 3.4.25 (d851200): `src/config/load/strict_keys.rs` and `types.rs`.

/// Tables with their settings, each with a letter for its type (see [`super::Schema`]).
pub(super) const TABLES: &[(&str, &str)] = &[
    (
        "",
        "general=t logging=t network=t server=t timeouts=t censorship=t access=t upstreams=a \
         show_link=* dc_overrides=t default_dc=i beobachten=b beobachten_minutes=i \
         beobachten_flush_secs=i beobachten_file=s include=*",
    ),
    (
        "general",
        "data_path=s quota_state_path=s config_strict=b modes=t prefer_ipv6=b fast_mode=b \
         use_middle_proxy=b proxy_secret_path=s proxy_secret_url=s \
         proxy_config_v4_cache_path=s proxy_config_v4_url=s proxy_config_v6_cache_path=s \
         proxy_config_v6_url=s ad_tag=s middle_proxy_nat_ip=s middle_proxy_nat_probe=b \
         middle_proxy_nat_stun=s middle_proxy_nat_stun_servers=a stun_nat_probe_concurrency=i \
         middle_proxy_pool_size=i middle_proxy_warm_standby=i me_init_retry_attempts=i \
         me2dc_fallback=b me2dc_fast=b me_keepalive_enabled=b me_keepalive_interval_secs=i \
         me_keepalive_jitter_secs=i me_keepalive_payload_random=b rpc_proxy_req_every=i \
         me_writer_cmd_channel_capacity=i me_writer_byte_budget_bytes=i \
         me_route_channel_capacity=i me_c2me_channel_capacity=i me_c2me_send_timeout_ms=i \
         me_reader_route_data_wait_ms=i me_d2c_flush_batch_max_frames=i \
         me_d2c_flush_batch_max_bytes=i me_d2c_flush_batch_max_delay_us=i \
         me_d2c_ack_flush_immediate=b me_quota_soft_overshoot_bytes=i \
         me_d2c_frame_buf_shrink_threshold_bytes=i direct_relay_copy_buf_c2s_bytes=i \
         direct_relay_copy_buf_s2c_bytes=i direct_relay_buffer_budget_max_bytes=i \
         crypto_pending_buffer=i max_client_frame=i desync_all_full=b beobachten=b \
         beobachten_minutes=i beobachten_flush_secs=i beobachten_file=s hardswap=b \
         me_warmup_stagger_enabled=b me_warmup_step_delay_ms=i me_warmup_step_jitter_ms=i \
         me_reconnect_max_concurrent_per_dc=i me_reconnect_backoff_base_ms=i \
         me_reconnect_backoff_cap_ms=i me_reconnect_fast_retry_count=i \
         me_single_endpoint_shadow_writers=i me_single_endpoint_outage_mode_enabled=b \
         me_single_endpoint_outage_disable_quarantine=b \
         me_single_endpoint_outage_backoff_min_ms=i \
         me_single_endpoint_outage_backoff_max_ms=i \
         me_single_endpoint_shadow_rotate_every_secs=i me_floor_mode=s \
         me_adaptive_floor_idle_secs=i me_adaptive_floor_min_writers_single_endpoint=i \
         me_adaptive_floor_min_writers_multi_endpoint=i \
         me_adaptive_floor_recover_grace_secs=i me_adaptive_floor_writers_per_core_total=i \
         me_adaptive_floor_cpu_cores_override=i \
         me_adaptive_floor_max_extra_writers_single_per_core=i \
         me_adaptive_floor_max_extra_writers_multi_per_core=i \
         me_adaptive_floor_max_active_writers_per_core=i \
         me_adaptive_floor_max_warm_writers_per_core=i \
         me_adaptive_floor_max_active_writers_global=i \
         me_adaptive_floor_max_warm_writers_global=i upstream_connect_retry_attempts=i \
         upstream_connect_retry_backoff_ms=i upstream_connect_budget_ms=i tg_connect=i \
         upstream_unhealthy_fail_threshold=i upstream_connect_failfast_hard_errors=b \
         stun_iface_mismatch_ignore=b unknown_dc_log_path=s unknown_dc_file_log_enabled=b \
         log_level=s disable_colors=b telemetry=t me_socks_kdf_policy=s \
         me_route_backpressure_enabled=b me_route_fairshare_enabled=b \
         me_route_backpressure_base_timeout_ms=i me_route_backpressure_high_timeout_ms=i \
         me_route_backpressure_high_watermark_pct=i me_health_interval_ms_unhealthy=i \
         me_health_interval_ms_healthy=i me_admission_poll_ms=i me_warn_rate_limit_ms=i \
         me_route_no_writer_mode=s me_route_no_writer_wait_ms=i me_route_hybrid_max_wait_ms=i \
         me_route_blocking_send_timeout_ms=i me_route_inline_recovery_attempts=i \
         me_route_inline_recovery_wait_ms=i links=t fast_mode_min_tls_record=i update_every=i \
         me_reinit_every_secs=i me_hardswap_warmup_delay_min_ms=i \
         me_hardswap_warmup_delay_max_ms=i me_hardswap_warmup_extra_passes=i \
         me_hardswap_warmup_pass_backoff_base_ms=i me_config_stable_snapshots=i \
         me_config_apply_cooldown_secs=i me_snapshot_require_http_2xx=b \
         me_snapshot_reject_empty_map=b me_snapshot_min_proxy_for_lines=i \
         proxy_secret_stable_snapshots=i proxy_secret_rotate_runtime=b \
         me_secret_atomic_snapshot=b proxy_secret_len_max=i me_pool_drain_ttl_secs=i \
         me_instadrain=b me_pool_drain_threshold=i me_pool_drain_soft_evict_enabled=b \
         me_pool_drain_soft_evict_grace_secs=i me_pool_drain_soft_evict_per_writer=i \
         me_pool_drain_soft_evict_budget_per_core=i me_pool_drain_soft_evict_cooldown_ms=i \
         me_bind_stale_mode=s me_bind_stale_ttl_secs=i me_pool_min_fresh_ratio=f \
         me_reinit_drain_timeout_secs=i proxy_secret_auto_reload_secs=i \
         proxy_config_auto_reload_secs=i me_reinit_singleflight=b me_reinit_trigger_channel=i \
         me_reinit_coalesce_window_ms=i me_deterministic_writer_sort=b me_writer_pick_mode=s \
         me_writer_pick_sample_size=i ntp_check=b ntp_servers=a auto_degradation_enabled=b \
         degradation_min_unavailable_dc_groups=i rst_on_close=s",
    ),
    ("general.modes", "classic=b secure=b tls=b"),
    ("general.telemetry", "core_enabled=b user_enabled=b me_level=s"),
    ("general.links", "show=* public_host=s public_port=i"),
    ("logging", "destination=s path=s rotation=s max_size_bytes=i max_files=i max_age_secs=i"),
    (
        "network",
        "ipv4=b ipv6=b prefer=i multipath=b stun_use=b stun_servers=a stun_tcp_fallback=b \
         http_ip_detect_urls=a cache_public_ip_path=s dns_overrides=a",
    ),
    (
        "server",
        "port=i listen_addr_ipv4=s listen_addr_ipv6=s listen_unix_sock=s \
         listen_unix_sock_perm=s listen_tcp=b client_mss=s client_mss_bulk=s proxy_protocol=b \
         proxy_protocol_header_timeout_ms=i proxy_protocol_trusted_cidrs=a metrics_port=i \
         metrics_listen=s metrics_whitelist=a api=t admin_api=t listeners=a listen_backlog=i \
         max_connections=i accept_permit_timeout_ms=i conntrack_control=t",
    ),
    (
        "server.api",
        "enabled=b listen=s whitelist=a gray_action=s auth_header=s \
         request_body_limit_bytes=i minimal_runtime_enabled=b minimal_runtime_cache_ttl_ms=i \
         runtime_edge_enabled=b runtime_edge_cache_ttl_ms=i runtime_edge_top_n=i \
         runtime_edge_events_capacity=i read_only=b",
    ),
    (
        "server.admin_api",
        "enabled=b listen=s whitelist=a gray_action=s auth_header=s \
         request_body_limit_bytes=i minimal_runtime_enabled=b minimal_runtime_cache_ttl_ms=i \
         runtime_edge_enabled=b runtime_edge_cache_ttl_ms=i runtime_edge_top_n=i \
         runtime_edge_events_capacity=i read_only=b",
    ),
    (
        "server.conntrack_control",
        "inline_conntrack_control=b mode=s backend=s profile=s hybrid_listener_ips=a \
         pressure_high_watermark_pct=i pressure_low_watermark_pct=i delete_budget_per_sec=i",
    ),
    (
        "server.listeners",
        "ip=s port=i client_mss=s synlimit=* synlimit_seconds=i synlimit_hitcount=i \
         synlimit_burst=i synlimit_ios_seconds=i synlimit_ios_hitcount=i synlimit_ios_burst=i \
         synlimit_hashlimit_expire_ms=i synlimit_hashlimit_size=i announce=s announce_ip=s \
         proxy_protocol=b reuse_allow=b",
    ),
    (
        "timeouts",
        "client_first_byte_idle_secs=i client_handshake=i relay_idle_policy_v2_enabled=b \
         relay_client_idle_soft_secs=i relay_client_idle_hard_secs=i \
         relay_idle_grace_after_downstream_activity_secs=i client_keepalive=i client_ack=i \
         me_one_retry=i me_one_timeout_ms=i",
    ),
    (
        "censorship",
        "tls_domain=s tls_domains=a unknown_sni_action=s tls_fetch_scope=s tls_fetch=t mask=b \
         mask_dynamic=b mask_host=s mask_port=i exclusive_mask=t mask_unix_sock=s \
         fake_cert_len=i tls_emulation=b tls_front_dir=s server_hello_delay_min_ms=i \
         server_hello_delay_max_ms=i tls_new_session_tickets=i serverhello_compact=b \
         tls_full_cert_ttl_secs=i alpn_enforce=b mask_proxy_protocol=i mask_shape_hardening=b \
         mask_shape_hardening_aggressive_mode=b mask_shape_bucket_floor_bytes=i \
         mask_shape_bucket_cap_bytes=i mask_shape_above_cap_blur=b \
         mask_shape_above_cap_blur_max_bytes=i mask_relay_max_bytes=i mask_relay_timeout_ms=i \
         mask_relay_idle_timeout_ms=i mask_classifier_prefetch_timeout_ms=i \
         mask_timing_normalization_enabled=b mask_timing_normalization_floor_ms=i \
         mask_timing_normalization_ceiling_ms=i",
    ),
    (
        "censorship.tls_fetch",
        "profiles=a strict_route=b attempt_timeout_ms=i total_budget_ms=i grease_enabled=b \
         deterministic=b profile_cache_ttl_secs=i",
    ),
    (
        "access",
        "users=t user_enabled=t user_ad_tags=t user_max_tcp_conns=t \
         user_max_tcp_conns_global_each=i user_expirations=t user_data_quota=t \
         user_rate_limits=t cidr_rate_limits=t user_max_unique_ips=t \
         user_max_unique_ips_global_each=i user_max_unique_ips_mode=s \
         user_max_unique_ips_window_secs=i replay_check_len=i replay_window_secs=i \
         ignore_time_skew=b user_source_deny=t",
    ),
    ("access.users", "*=s"),
    ("access.user_enabled", "*=b"),
    ("access.user_ad_tags", "*=s"),
    ("access.user_max_tcp_conns", "*=i"),
    ("access.user_expirations", "*=s"),
    ("access.user_data_quota", "*=i"),
    ("access.user_rate_limits", "*=t"),
    ("access.user_rate_limits.*", "up_bps=i down_bps=i"),
    ("access.cidr_rate_limits", "*=t"),
    ("access.cidr_rate_limits.*", "up_bps=i down_bps=i"),
    ("access.user_source_deny", "*=a"),
    ("access.user_max_unique_ips", "*=i"),
    (
        "upstreams",
        "type=s interface=s bind_addresses=a bindtodevice=s force_bind=s address=s user_id=s \
         username=s password=s url=s weight=i enabled=b scopes=s ipv4=b ipv6=b",
    ),
];
