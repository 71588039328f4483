# Runs every command of mtp-users on generated TOML files of three proxies and compares the values
# before and after with tomllib. Arguments: the program, the number of files of each proxy, and that of
# files in the shapes that people publish.
import json, random, subprocess, tomllib, os, sys, tempfile, copy, datetime
BIN=sys.argv[1]; N=int(sys.argv[2]) if len(sys.argv)>2 else 60
M=int(sys.argv[3]) if len(sys.argv)>3 else 20
names=["alice","bob","max power","Елена","o'neil","x.y","under_score","dash-dash",'say "hi"',"1234","back\\slash","a#b"]
def sec(r): return ''.join(r.choice("0123456789abcdef") for _ in range(32))
def key(r,n):
    bare=all(c.isascii() and (c.isalnum() or c in '_-') for c in n)
    if bare and r.random()<.7: return n
    if "'" not in n and r.random()<.4: return "'"+n+"'"
    return '"'+n.replace('\\','\\\\').replace('"','\\"')+'"'
def val(r,s):
    return ("'%s'" if r.random()<.3 else '"%s"')%s
def cm(r): return r.choice(["","","","  # note","\t# } x ="])
def telemt(r):
    us=r.sample(names,r.randint(0,5)); out=[]
    if r.random()<.5: out+=["# telemt","[general]","use_middle_proxy = false",""]
    if r.random()<.5: out+=['[general.links]','public_host = "proxy.example"','show = "*"','']
    out+=["[server]","port = 8443",""]
    style=r.choice(["table","table","table","dotted","inline","spaced","top","nested"])
    ind=r.choice(["","","  ","\t"]); eq=r.choice([" = ","=","  =  "])
    if style=="table":
        out+=[ind+"[access.users]"+cm(r)]
        if r.random()<.3: out+=["# format: name = secret"]
        for u in us:
            out+=[ind+key(r,u)+eq+val(r,sec(r))+cm(r)]
            if r.random()<.2: out+=["# between",""]
    elif style=="spaced":
        out+=['[ access . "users" ]'+cm(r)]
        for u in us: out+=["\t"+key(r,u)+eq+val(r,sec(r))]
    elif style=="top":
        # The table is within the first of the file, before any header.
        head=["access.users."+key(r,u)+eq+val(r,sec(r))+cm(r) for u in us] or ["access.users = {}"]
        out=head+[""]+out
    elif style=="nested":
        # A table below another that comes later.
        out+=["[access.users]"]
        for u in us: out+=[key(r,u)+eq+val(r,sec(r))+cm(r)]
        out+=["","[access]","replay_check_len = 65536"]
    elif style=="dotted":
        out+=["[access]"]
        for u in us: out+=[ind+"users."+key(r,u)+eq+val(r,sec(r))+cm(r)]
        if not us: out+=["users = {}"]
    else:
        out+=["[access]","users = {"+", ".join((" " if i==0 else "")+key(r,u)+eq+val(r,sec(r)) for i,u in enumerate(us))+(" }" if us else "}")]
    if us and r.random()<.5 and style=="table": out+=["","[access.user_max_tcp_conns]"]+[key(r,u)+" = 5" for u in us[::2]]
    if us and r.random()<.3 and style=="table": out+=["","[access.user_expirations]",key(r,us[0])+' = "2030-01-31T00:00:00Z"']
    if us and r.random()<.3 and style=="table": out+=["","[access.user_rate_limits."+key(r,us[0])+"]","up_bps = 5","down_bps = 6"]
    if us and r.random()<.3 and style=="table": out+=["","[access.user_enabled]",key(r,us[-1])+" = true"]
    if r.random()<.5: out+=["","[censorship]",'tls_domain = "a.example"']
    return out,us,"telemt"
def mtg(r):
    us=r.sample(names,r.randint(1,5)); dom="a.example".encode().hex()
    out=['bind-to = "0.0.0.0:3128"'+cm(r)]
    if r.random()<.5: out+=["debug = true"]
    if r.random()<.5: out+=['public-ipv4 = "203.0.113.5"']
    style=r.choice(["table","table","table","dotted","inline","spaced"])
    if style=="dotted": out+=["secrets."+key(r,u)+" = "+val(r,"ee"+sec(r)+dom)+cm(r) for u in us]
    elif style=="inline": out+=["secrets = { "+", ".join(key(r,u)+" = "+val(r,"ee"+sec(r)+dom) for u in us)+" }"]
    else:
        out+=["","[ secrets ]" if style=="spaced" else "[secrets]"]
        for u in us: out+=[key(r,u)+r.choice([" = ","="])+val(r,"ee"+sec(r)+dom)+cm(r)]
    # A table of another proxy's name changes nothing.
    if r.random()<.1: out+=["","[[secret]]",'key = "no secret of mtg"']
    if r.random()<.3: out+=["","[secret-limits."+key(r,us[0])+"]",'quota = "10GiB"']
    if r.random()<.3: out+=["","[network]",'dns = "https://1.1.1.1"']
    return out,us,"mtg-multi"
def tele(r):
    ok=[n for n in names if n.isascii() and all(c.isalnum() or c in "_-" for c in n)]+["carol","dave","eve"]
    us=r.sample(ok,r.randint(1,5)); out=["port = 443"+cm(r)]
    if r.random()<.5: out+=['domain = "a.example"']
    if r.random()<.1: out+=["[stats]","enabled = true"]
    for u in us:
        if r.random()<.1: out+=["","[[dc_override]]","dc = 4",'host = "b"',"port = 443"]
        out+=[""]*r.randint(0,2)+[r.choice(["[[secret]]","[[secret]]","[[ secret ]]"])+cm(r),'key = "%s"'%sec(r)+cm(r),'label = "%s"'%u]
        if r.random()<.3: out+=["limit = 5"+cm(r)]
        if r.random()<.3: out+=['quota = "10G"']
        if r.random()<.3: out+=["expires = 2030-01-31T00:00:00Z"+cm(r)]
    if r.random()<.3: out+=["","[[dc_override]]","dc = 2",'host = "a"',"port = 443"]
    return out,us,"teleproxy"
# Files in the shapes of guides, images and panels, with other names and values.
def pub_telemt(r):
    us=r.sample(["hello","user1","user2","ivan","petr","vpn_family","tg-1","Елена"],r.randint(1,4)); out=[]
    if r.random()<.6: out+=["# === General Settings ===","[general]"]+r.sample(["# ad_tag = \"%s\""%sec(r),"fast_mode = true","use_middle_proxy = false","prefer_ipv6 = false",'log_level = "normal"'],2)+[""]
    out+=["[general.modes]","classic = false","secure = "+r.choice(["false","true"]),"tls = true",""]
    if r.random()<.5: out+=["[general.links]",'show = "*"','# show = ["alice", "bob"]','public_host = "proxy.example"',"public_port = 443",""]
    if r.random()<.6: out+=["# === Server Binding ===","[server]","port = %d"%r.choice([443,8443]),'listen_addr_ipv4 = "0.0.0.0"',"# metrics_port = 9090",""]
    if r.random()<.5: out+=["[server.api]","enabled = true",'listen = "127.0.0.1:9091"','whitelist = ["127.0.0.0/8"]',""]
    if r.random()<.4: out+=["[[server.listeners]]",'ip = "0.0.0.0"',""]
    if r.random()<.3: out+=["# === Timeouts (in seconds) ===","[timeouts]","client_handshake = 15","tg_connect = 10",""]
    out+=["# === Anti-Censorship & Masking ===","[censorship]",'tls_domain = "mask.example"']+(["mask = true","mask_port = 443","fake_cert_len = 2048"] if r.random()<.5 else [])+[""]
    if r.random()<.3: out+=["# === Access Control & Users ===","[access]","replay_check_len = 65536","ignore_time_skew = false",""]
    out+=["[access.users]",'# format: "username" = "32_hex_chars_secret"']
    out+=[key(r,u)+' = "%s"'%sec(r) for u in us]
    out+=['# another = "%s"'%sec(r)] if r.random()<.4 else []
    for t,v in (("user_max_tcp_conns","50"),("user_data_quota","1073741824"),("user_expirations",'"2030-12-31T23:59:59Z"'),("user_max_unique_ips","4")):
        if r.random()<.35: out+=["","[access."+t+"]",key(r,us[0])+" = "+v]
    if r.random()<.4: out+=["","# === Upstreams & Routing ===","[[upstreams]]",'type = "direct"',"enabled = true","weight = 10"]
    return out,us,"telemt"
def pub_mtg(r):
    us=r.sample(["alice","bob","user-1","user-2","family","3x-ui@client","default"],r.randint(1,4)); dom=r.choice(["storage.example","a.example"]).encode().hex()
    out=["# Example of a configuration file for mtg.","debug = "+r.choice(["true","false"])]
    if r.random()<.6: out+=['bind-to = "0.0.0.0:%d"'%r.choice([443,3128])]
    else: out+=['bind-to = ["0.0.0.0:443", "[::]:443"]']
    if r.random()<.5: out+=["concurrency = 8192",'prefer-ip = "prefer-ipv6"']
    if r.random()<.5: out+=['api-bind-to = "127.0.0.1:9090"']
    if r.random()<.3: out+=['public-ipv4 = "203.0.113.10"','public-ipv6 = "2001:db8::10"']
    if r.random()<.4: out+=["domain-fronting-port = 443",'tolerate-time-skewness = "5s"']
    out+=["","[secrets]"]+[key(r,u)+' = "ee%s%s"'%(sec(r),dom) for u in us]
    if r.random()<.3: out+=["","[secret-ad-tags]",key(r,us[0])+' = "%s"'%sec(r)]
    if r.random()<.4: out+=["","[secret-limits."+key(r,us[-1])+"]",'quota = "50GB"','expires = "2030-01-01"']
    if r.random()<.4: out+=["","[throttle]","max-connections = 5000",'check-interval = "5s"']
    if r.random()<.5: out+=["","[defense.anti-replay]","enabled = true",'max-size = "1mib"',"error-rate = 0.001"]
    if r.random()<.4: out+=["","[network]",'dns = "https://1.1.1.1"',"proxies = [",'    # "socks5://user:password@host:port"',"]","","[network.timeout]",'tcp = "5s"','http = "10s"']
    if r.random()<.4: out+=["","[stats.prometheus]","enabled = true",'bind-to = "127.0.0.1:3129"','http-path = "/"']
    return out,us,"mtg-multi"
def pub_tele(r):
    us=r.sample(["family","friends","work","phone_1","tablet-2"],r.randint(1,4))
    out=["# Teleproxy configuration",'# Documentation: see the manual',"port = 443","stats_port = 8888","http_stats = true"]
    out+=r.sample(["workers = 1","direct = true","maxconn = 10000",'user = "teleproxy"',"ipv6 = false","drain_timeout_secs = 300","# proxy_tag = \"%s\""%sec(r)],3)
    if r.random()<.7: out+=['domain = "www.example"']
    if r.random()<.3: out+=['stats_allow_net = ["100.64.0.0/10", "fd00::/8"]']
    for u in us:
        out+=["","# for "+u] if r.random()<.3 else [""]
        out+=["[[secret]]",'key = "%s"'%sec(r)]+(['label = "%s"'%u])
        out+=r.sample(["limit = 1000",'quota = "10G"','rate_limit = "10M"',"max_ips = 5","expires = 2030-12-31T23:59:59Z","# limit = 5"],r.randint(0,3))
    return out,us,"teleproxy"
fails=0; refused={}; done={}
def run(f,*a,ok=True):
    p=subprocess.run([BIN,*a,"--config",f],capture_output=True,text=True)
    return p
def model(kind,text):
    d=tomllib.loads(text)
    if kind=="teleproxy":
        m={}
        for i,s in enumerate(d.get("secret",[])):
            m[s.get("label") or "secret_%d"%i]=s
        rest={k:v for k,v in d.items() if k!="secret"}
        return m,rest
    if kind=="telemt":
        a=d.get("access",{})
        T=["users","user_enabled","user_ad_tags","user_max_tcp_conns","user_expirations","user_data_quota","user_rate_limits","user_source_deny","user_max_unique_ips"]
        m={}
        for t in T:
            for n,v in a.get(t,{}).items(): m.setdefault(n,{})[t]=v
        rest=copy.deepcopy(d); 
        for t in T: rest.get("access",{}).pop(t,None)
        return m,rest
    m={}
    for t in ["secrets","secret-ad-tags","secret-limits"]:
        for n,v in d.get(t,{}).items(): m.setdefault(n,{})[t]=v
    rest={k:v for k,v in d.items() if k not in ["secrets","secret-ad-tags","secret-limits"]}
    return m,rest
cases=[(seed,gen) for seed in range(1,N+1) for gen in (telemt,mtg,tele)]+[(seed,gen) for seed in range(1,M+1) for gen in (pub_telemt,pub_mtg,pub_tele)]
for seed,gen in cases:
  if True:
    r=random.Random(seed*7+len(gen.__name__))
    out,us,kind=gen(r)
    text="\n".join(out)+r.choice(["\n","\n","\n\n",""])
    ends=r.random()
    if ends<.2: text=text.replace("\n","\r\n")
    elif ends<.35: text="".join(c if c!="\n" else r.choice(["\n","\r\n"]) for c in text)
    try: tomllib.loads(text)
    except Exception as e: print("gen",kind,e); continue
    d=tempfile.mkdtemp(dir="/dev/shm"); f=d+"/config.toml"; open(f,"w",newline="").write(text)
    rd=lambda: open(f,newline="").read()
    def die(msg,p=None):
        global fails; fails+=1
        print("FAIL",kind,seed,msg,p.stderr if p else ""); print(text); print("-----"); print(rd())
    try:
        p=run(f,"names"); 
        if p.returncode or p.stdout.split("\n")[:-1]!=us: die("names %r %r"%(p.stdout,us),p); continue
        new="new-user"; m0,r0=model(kind,text)
        p=run(f,"add",new); 
        if p.returncode:
            why=(kind,p.stderr.split(": ",2)[-1]); refused[why]=refused.get(why,0)+1
            if rd()!=text or p.stdout: die("refused after a write",p)
            continue
        t1=rd(); m1,r1=model(kind,t1)
        if r1!=r0 or {k:v for k,v in m1.items() if k!=new}!=m0 or new not in m1: die("add"); continue
        same=len(os.path.commonprefix([text,t1]))+len(os.path.commonprefix([text[::-1],t1[::-1]]))
        if same<len(text): die("add changes other bytes"); continue
        lim=["--expires","2030-12-31"]
        if kind!="mtg-multi": lim+=["--max-conns","7","--quota","10G"]
        p=run(f,"limit",new,*lim)
        if p.returncode: 
            if kind!="mtg-multi": die("limit",p); continue
            refused[(kind,"limit")]=refused.get((kind,"limit"),0)+1
        t2=rd(); m2,r2=model(kind,t2)
        if r2!=r0 or {k:v for k,v in m2.items() if k!=new}!=m0: die("limit2"); continue
        if kind=="telemt" and (m2[new]["user_max_tcp_conns"],m2[new]["user_expirations"],m2[new]["user_data_quota"])!=(7,"2030-12-31T00:00:00Z",10**10): die("limit3"); continue
        if kind=="teleproxy" and (m2[new]["limit"],m2[new]["quota"])!=(7,10**10): die("limit4"); continue
        for u in us[:1]+[new]:
            b=rd(); p=run(f,"disable",u)
            if p.returncode and "is an inline table" in p.stderr and rd()==b:
                refused[(kind,"disable, inline")]=refused.get((kind,"disable, inline"),0)+1; break
            if p.returncode: die("disable "+u,p); break
            md,rd_=model(kind,rd())
            if rd_!=r0 or md==model(kind,b)[0]: die("disable2"); break
            pl=run(f,"list","--format","json"); 
            if '"disabled":true' not in pl.stdout: die("disable list"); break
            p=run(f,"enable",u)
            if p.returncode or rd()!=b: die("enable "+u,p); break
            p=run(f,"rotate",u)
            if p.returncode: die("rotate",p); break
            mr,rr=model(kind,rd()); mb,_=model(kind,b)
            field={"telemt":"users","mtg-multi":"secrets","teleproxy":"key"}[kind]
            if {**mr[u],field:0}!={**mb[u],field:0}: die("rotate changes limits"); break
            if rd().replace(mr[u][field],mb[u][field])!=b: die("rotate changes other bytes"); break
            if u!=new:
                p=subprocess.run([BIN,"rotate",u,"--secret-from","-","--config",f],input=mb[u][field],capture_output=True,text=True)
                if p.returncode or rd()!=b: die("rotate back",p); break
                continue
            if rr!=r0 or mr.keys()!=mb.keys() or mr[u]==mb[u] or {k:v for k,v in mr.items() if k!=u}!={k:v for k,v in mb.items() if k!=u}: die("rotate2"); break
        else:
            p=run(f,"rename",new,"newer")
            if p.returncode: die("rename",p); continue
            m3,r3=model(kind,rd())
            if r3!=r0 or "newer" not in m3 or new in m3: die("rename2"); continue
            if {**m3["newer"],"label":0}!={**mr[new],"label":0}: die("rename changes limits"); continue
            p=run(f,"remove","newer")
            if p.returncode: die("remove",p); continue
            a,b=rd(),text
            if a!=b: die("identity"); continue
            if len(us)>1:
                p=run(f,"remove",us[0])
                if p.returncode: die("remove own",p); continue
                m4,r4=model(kind,rd())
                if r4!=r0 or m4.keys()!=m0.keys()-{us[0]}: die("remove own2"); continue
            p=run(f,"check")
            p=run(f,"export"); 
            if p.returncode: die("export",p)
            p=run(f,"list","--links","--server","h")
            if p.returncode: die("links",p)
            done[gen.__name__]=done.get(gen.__name__,0)+1
    except Exception as e: die(repr(e))
for why,count in sorted(refused.items()): print(count,why)
print("fails",fails,"done",json.dumps(done))
